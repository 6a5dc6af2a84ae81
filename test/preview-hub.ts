import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { createApp } from '../src/app.ts'
import { parseConfig } from '../src/config.ts'
import { createContext, type HubContext } from '../src/context.ts'
import { CommandRunner } from '../src/jobs/command-runner.ts'
import { Preview } from '../src/jobs/preview.ts'
import { HubApi } from './hub-api.ts'
import { pacedFfmpeg } from './media.ts'
import { processesWith } from './running-hub.ts'
import { MjpegViewer } from './mjpeg-viewer.ts'

/** A hub whose previews outlive their last viewer by a moment only. */
export interface PreviewHub {
  readonly api: HubApi
  readonly directory: string
  stop(): Promise<void>
}

export async function startPreviewHub(directory: string, settings: Readonly<Record<string, string>> = {}): Promise<PreviewHub> {
  const logger = { info: () => undefined, error: () => undefined }
  const environment = { PATH: process.env['PATH'], REELTIME_DATA_DIR: directory, REELTIME_CONCURRENCY: '2', ...settings }
  const made = await createContext(parseConfig(environment), logger)
  const { jobs, artifacts, frames, engine } = made
  const preview = new Preview({
    jobs, artifacts, frames, engine, runner: new CommandRunner({ engine }), jobDirectory: (id) => join(directory, 'jobs', id),
    directory: join(directory, 'preview'), lingerMs: 50, mostProducers: 3,
  })
  const context: HubContext = { ...made, preview }
  const server = serve({ fetch: createApp(context).fetch, hostname: '127.0.0.1', port: 0, autoCleanupIncoming: false }) as Server
  await once(server, 'listening')
  return {
    directory,
    api: new HubApi(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    async stop() {
      await made.pool.stop({ drainMs: 0 })
      await preview.close()
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
      await made.close()
    },
  }
}

/** One whose ffmpeg takes as long as what it reads plays. */
export function startPacedPreviewHub(directory: string): Promise<PreviewHub> {
  const ffprobe = execFileSync('which', ['ffprobe']).toString().trim()
  return startPreviewHub(join(directory, 'paced'), { REELTIME_FFMPEG: pacedFfmpeg(directory), REELTIME_FFPROBE: ffprobe })
}

export const SMALL_FRAMES = { width: 160, height: 90, fps: 20, sound: false }

export function openViewer({ api }: PreviewHub, path: string): Promise<MjpegViewer> {
  return MjpegViewer.open(api.url + path)
}

/** The programs that make pictures for a hub, each with its command line. */
export async function producers({ directory: below }: PreviewHub): Promise<string[]> {
  const found = (await processesWith(below)).filter(({ name, command }) => name !== 'bwrap' && command.includes('-flush_packets'))
  return found.map(({ command }) => command.replaceAll('\0', ' '))
}

/** Only those who look can tell that a program is gone. */
export async function untilNoProducers(of: PreviewHub): Promise<void> {
  while ((await processesWith(of.directory)).some(({ command }) => command.includes('-flush_packets'))) await new Promise((looked) => setTimeout(looked, 20))
}

export interface Download {
  readonly status: number
  readonly type: string | null
  readonly body: Buffer
}

export async function download({ api }: PreviewHub, path: string): Promise<Download> {
  const response = await fetch(api.url + path)
  return { status: response.status, type: response.headers.get('content-type'), body: Buffer.from(await response.arrayBuffer()) }
}
