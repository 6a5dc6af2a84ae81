#!/usr/bin/env node
import { realpathSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { serve as listen } from '@hono/node-server'
import { endLostPeers } from './access/lost-peers.ts'
import { capSockets } from './access/socket-caps.ts'
import { createApp } from './app.ts'
import { flagsToVariables, parseConfig, type Config } from './config.ts'
import { createContext } from './context.ts'
import { HubError } from './errors.ts'
import { describeSandbox, type Sandbox } from './jobs/sandbox/sandbox.ts'
import { LogOutput, toDescriptor } from './log-output.ts'
import { createLogger, type Logger, onlyErrors } from './logger.ts'
import { VERSION } from './version.ts'
import { webSocketRoutes } from './websocket-routes.ts'
import { openWebSocketGate } from './streams/websocket.ts'

/** Runs a hub until SIGTERM or SIGINT; a second signal ends it at once. */
export async function serve(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const output = new LogOutput(toDescriptor(process.stderr.fd))
  const logger = createLogger(output.write)
  // Who reads what the hub says may go away, and a promise may fail that nobody waits for: neither ends the others' jobs.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  process.on('unhandledRejection', (error) => logger.error('hub.unhandled_rejection', { error }))
  const hub = await startHub({ ...environment, ...flagsToVariables(argv) }, logger)
  let isStopping = false
  const stop = (): void => {
    if (isStopping) process.exit(1)
    isStopping = true
    const end = async (exitCode: number) => {
      await output.flush()
      process.exit(exitCode)
    }
    hub.stop().then(() => end(0), (error: unknown) => {
      logger.error('hub.stop_failed', { error })
      return end(1)
    })
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.stdout.write(`reeltime is listening on ${hub.url}\n`)
  if (hub.accessLine !== undefined) process.stdout.write(`${hub.accessLine}\n`)
  // Its trouble is told by the hub's own log.
  void hub.sandbox().then((sandbox) => process.stdout.write(`sandbox: ${describeSandbox(sandbox)}\n`), () => undefined)
}

export interface Hub {
  readonly url: string
  /** What others may do here, where there may be others. */
  readonly accessLine: string | undefined
  /** What jobs run behind, as soon as that is known. */
  sandbox(): Promise<Sandbox>
  /** Lets running jobs end within the drain time, then everything else. */
  stop(): Promise<void>
}

/** A hub in this process, on a free port where PORT is 0. Throws a HubError for settings that cannot be. */
export async function startHub(environment: Readonly<Record<string, string | undefined>>, givenLogger: Logger): Promise<Hub> {
  const config = parseConfig(environment)
  const logger = config.log === 'errors' ? onlyErrors(givenLogger) : givenLogger
  const context = await createContext(config, logger)
  if (config.sandboxMode === 'require') await context.engine().catch(async (error: unknown) => {
    await context.close()
    throw error
  })
  const app = createApp(context)
  const server = listen({
    fetch: app.fetch, hostname: config.host, port: config.port, autoCleanupIncoming: false, serverOptions: { maxHeaderSize: HEADER_BYTES },
  }) as Server
  server.maxConnections = config.maxReaders + SPARE_CONNECTIONS
  server.on('drop', () => context.metrics.refused('too_many_connections'))
  capSockets(server, { perAddress: config.connectionsPerAddress, isCounted: (address) => context.access.countsSocketsOf(address) })
  endLostPeers(server)
  // Longer than proxies keep theirs (nginx and most balancers: 60 s): who closes first breaks a request that is under way.
  if (config.trustedProxies.length > 0) server.keepAliveTimeout = 65_000
  server.headersTimeout = 15_000
  // Bodies have limits of their own, by progress and not by total time.
  server.requestTimeout = 0
  const gate = openWebSocketGate(server, {
    routes: webSocketRoutes(context),
    isAllowedOrigin: (request) => context.access.isAllowedOrigin(request),
    maxConnections: config.maxReaders, onRefused: (code) => context.metrics.refused(code),
    admit(request, { reach, end }) {
      const { access } = context
      const caller = access.identify(request)
      if (reach === 'all') access.assertMay(caller, 'admin')
      return { enter: (job) => access.enter(caller, job), leave: reach === 'all' ? access.hold(caller, end) : () => undefined }
    },
  })
  context.metrics.sockets.watch(server)
  try {
    await untilListening(server, config)
  } catch (error) {
    await context.close()
    throw error
  }
  context.pool.wake()
  void context.engine().catch((error: unknown) => logger.error('ffmpeg.missing', { error }))
  void context.retention.sweep()
  logger.info('hub.started', { version: VERSION })
  return {
    accessLine: context.accessLine,
    url: `http://${urlHost(config.host)}:${(server.address() as AddressInfo).port}`,
    sandbox: async () => (await context.engine()).sandbox,
    async stop() {
      logger.info('hub.stopping')
      await context.pool.stop({ drainMs: config.drainMs })
      gate.close()
      context.letReadersGo()
      await closeServer(server)
      await context.close()
    },
  }
}

const HEADER_BYTES = 16 * 1024
/** For requests that are answered at once, besides those who follow. */
const SPARE_CONNECTIONS = 1000

function untilListening(server: Server, { host, port }: Config): Promise<void> {
  if (server.listening) return Promise.resolve()
  return new Promise((resolve, reject) => {
    server.once('listening', resolve)
    server.once('error', (error: NodeJS.ErrnoException) => {
      const [message, hint] = LISTEN_FAILURES[error.code ?? ''] ?? []
      if (message === undefined) return reject(error)
      reject(new HubError('invalid_input', message.replace('PORT', String(port)).replace('HOST', host), { hint, cause: error }))
    })
  })
}

const LISTEN_FAILURES: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  EADDRINUSE: ['Port PORT is taken', 'Choose another with --port, or 0 for a free one'],
  EACCES: ['Port PORT may not be opened by this user', 'Choose one above 1023 with --port'],
  EADDRNOTAVAIL: ['HOST is no address of this machine', 'Set HOST to one, or to 0.0.0.0 for all'],
  ENOTFOUND: ['There is no host HOST', 'Set HOST to an address of this machine'],
}

const CLOSE_MS = 1000

/** Idle connections would hold it up for ever, busy ones for as long as they like, and WebSockets are not the server's. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
    setTimeout(() => {
      server.closeAllConnections()
      resolve()
    }, CLOSE_MS).unref()
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
