#!/usr/bin/env node
import { realpathSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { serve as listen } from '@hono/node-server'
import { createApp } from './app.ts'
import { flagsToVariables, parseConfig } from './config.ts'
import { createContext } from './context.ts'
import { HubError } from './errors.ts'
import { createLogger, type Logger } from './logger.ts'
import { webSocketRoutes } from './websocket-routes.ts'
import { openWebSocketGate } from './streams/websocket.ts'

/** Runs a hub until SIGTERM or SIGINT; a second signal ends it at once. */
export async function serve(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const logger = createLogger((line) => process.stderr.write(line))
  const hub = await startHub({ ...environment, ...flagsToVariables(argv) }, logger)
  process.stdout.write(`reeltime is listening on ${hub.url}\n`)
  let isStopping = false
  const stop = (): void => {
    if (isStopping) process.exit(1)
    isStopping = true
    hub.stop().then(() => process.exit(0), (error: unknown) => {
      logger.error('hub.stop_failed', { error })
      process.exit(1)
    })
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

export interface Hub {
  readonly url: string
  /** Lets running jobs end within the drain time, then everything else. */
  stop(): Promise<void>
}

/** A hub in this process, on a free port where PORT is 0. Throws a HubError for settings that cannot be. */
export async function startHub(environment: Readonly<Record<string, string | undefined>>, logger: Logger): Promise<Hub> {
  const config = parseConfig(environment)
  const context = await createContext(config, logger)
  const app = createApp(context)
  const server = listen({ fetch: app.fetch, hostname: config.host, port: config.port, autoCleanupIncoming: false }) as Server
  server.headersTimeout = 15_000
  // Bodies have limits of their own, by progress and not by total time.
  server.requestTimeout = 0
  const gate = openWebSocketGate(server, {
    routes: webSocketRoutes(context),
    isAllowedOrigin: (request) => context.origin.isAllowed(request, config.allowedOrigins),
    maxConnections: config.maxReaders,
  })
  try {
    await untilListening(server, config.port)
  } catch (error) {
    await context.close()
    throw error
  }
  context.pool.wake()
  void context.engine().catch((error: unknown) => logger.error('ffmpeg.missing', { error }))
  void context.retention.sweep()
  return {
    url: `http://${urlHost(config.host)}:${(server.address() as AddressInfo).port}`,
    async stop() {
      await context.pool.stop({ drainMs: config.drainMs })
      gate.close()
      context.letReadersGo()
      await closeServer(server)
      await context.close()
    },
  }
}

function untilListening(server: Server, port: number): Promise<void> {
  if (server.listening) return Promise.resolve()
  return new Promise((resolve, reject) => {
    server.once('listening', resolve)
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE'
        ? new HubError('invalid_input', `Port ${port} is taken`, { hint: 'Choose another with --port, or 0 for a free one' })
        : error)
    })
  })
}

const CLOSE_MS = 2000

/** Idle connections would hold it up for ever, busy ones for as long as they like. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
    setTimeout(() => server.closeAllConnections(), CLOSE_MS).unref()
  })
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  serve(process.argv.slice(2), process.env).catch((error: unknown) => {
    const known = error instanceof HubError
    process.stderr.write(known ? `reeltime: ${error.message}\n${error.hint ? `  ${error.hint}\n` : ''}` : `${error instanceof Error ? error.stack : String(error)}\n`)
    process.exitCode = known ? 2 : 1
  })
}
