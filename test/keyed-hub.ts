import { request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { changeKeyFile, keyFileIn, makeKey, type StoredKey } from '../src/access/key-file.ts'
import type { Logger } from '../src/logger.ts'
import { HubApi } from './hub-api.ts'
import { startInnerHub, type InnerHub } from './running-hub.ts'

export interface KeyHolder {
  readonly id: string
  readonly secret: string
  readonly api: HubApi
}

/** A hub that is not open to everybody on its machine, and whose keys the test makes. */
export interface KeyedHub extends InnerHub {
  holder(policy?: Partial<StoredKey>): Promise<KeyHolder>
  revoke(id: string): Promise<void>
}

export async function startKeyedHub(directory: string, settings: Readonly<Record<string, string>> = {}, logger?: Logger): Promise<KeyedHub> {
  const hub = await startInnerHub({ REELTIME_DATA_DIR: directory, REELTIME_ANONYMOUS: 'submit', ...settings }, logger)
  const path = keyFileIn(directory)
  return {
    ...hub,
    async holder(policy = {}) {
      const { secret, key } = makeKey({ name: 'somebody', scopes: ['submit', 'read'], args: 'allowed', ...policy })
      await changeKeyFile(path, (keys) => [...keys, key])
      return { id: key.id, secret, api: new HubApi(hub.url, { authorization: `Bearer ${secret}` }) }
    },
    revoke: (id) => changeKeyFile(path, (keys) => keys.filter((key) => key.id !== id)),
  }
}

export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

interface RawRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly localAddress?: string
  readonly body?: string
}

/** One request as it is written, on a connection of its own: `fetch` tidies paths and keeps some headers to itself. */
export function askRaw(url: string, path: string, { method = 'GET', headers = {}, localAddress, body }: RawRequest = {}): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const options = { hostname, port, path, method, headers: { connection: 'close', ...headers }, agent: false, ...(localAddress !== undefined && { localAddress }) }
    const sent = request(options, (response) => {
      text(response).then((answer) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: answer }), reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
