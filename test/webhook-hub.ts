import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest'
import { brief, makeTone } from './media.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

export const SETTINGS = { REELTIME_FETCH_ALLOW: '127.0.0.1', REELTIME_WEBHOOK_RETRIES: '0.02,0.02,0.02,0.02,0.02,0.02' }

/** One hub at a time for the tests of a file, stopped after each; what it is asked about webhooks. */
export class WebhookHub {
  /** What the hub has logged. */
  logged: string[] = []
  /** One second of sound. */
  tone = ''
  #scratch = ''
  #hub: InnerHub | undefined
  #count = 0

  constructor() {
    beforeAll(async () => {
      this.#scratch = await temporaryDirectory()
      this.tone = makeTone(this.#scratch)
    })
    afterEach(async () => {
      await this.#hub?.stop()
      this.#hub = undefined
    })
    afterAll(() => removeDirectory(this.#scratch))
  }

  get hub(): InnerHub {
    if (!this.#hub) throw new Error('No hub has been started')
    return this.#hub
  }

  set hub(hub: InnerHub) {
    this.#hub = hub
  }

  freshDirectory(): string {
    return join(this.#scratch, `data-${this.#count++}`)
  }

  async start(settings: Record<string, string> = {}, directory = this.freshDirectory()): Promise<InnerHub> {
    this.logged = []
    const write = (event: string, fields: unknown) => void this.logged.push(`${event} ${JSON.stringify(fields)}`)
    return (this.hub = await startInnerHub({ REELTIME_DATA_DIR: directory, ...SETTINGS, ...settings }, { info: write, error: write }))
  }

  /** A job that takes a moment, and its webhook. */
  async submit(webhook: object | undefined): Promise<string> {
    const input = brief(await this.hub.api.upload(this.tone), 0.1)
    const { status, body } = await this.hub.api.post('/api/jobs', { tool: 'ffmpeg', input, ...(webhook && { webhook }) })
    expect([status, body.detail]).toEqual([202, undefined])
    return body.id
  }

  async deliveries(query = ''): Promise<any[]> {
    return (await this.hub.api.request(`/api/webhooks/deliveries?${query}`)).body.deliveries
  }
}

export function eventually(check: () => Promise<void>): Promise<void> {
  return vi.waitFor(check, { timeout: 30_000, interval: 20 })
}

export async function loseFiles(directory: string, ...names: readonly string[]): Promise<void> {
  await Promise.all(names.flatMap((name) => ['', '-wal', '-shm'].map((suffix) => rm(join(directory, `${name}${suffix}`), { force: true }))))
}
