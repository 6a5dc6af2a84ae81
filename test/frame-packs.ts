import type { HubApi } from './hub-api.ts'

/** The id of an accepted job that takes a video apart. */
export async function submitFrames(api: HubApi, input: object): Promise<string> {
  const { status, body } = await api.post('/api/jobs', { tool: 'video_frame', input })
  if (status !== 202) throw new Error(`answered ${status}: ${JSON.stringify(body)}`)
  return body.id
}

/** The id of such a job that has completed. */
export async function makeFrames(api: HubApi, file: string, input: object): Promise<string> {
  const id = await submitFrames(api, { source: await api.upload(file), ...input })
  const { status, error } = await api.ends(id)
  if (status !== 'completed') throw new Error(`${status}: ${JSON.stringify(error)}`)
  return id
}

export interface Pack {
  /** As the pack's head tells it. */
  readonly count: number
  readonly frames: readonly Buffer[]
  readonly response: Response
}

/** A pack, without frames where it is refused. Throws where it is not whole. */
export async function fetchPack(api: HubApi, path: string, init: RequestInit = {}): Promise<Pack> {
  const response = await fetch(api.url + path, init)
  if (!response.ok) return { count: 0, frames: [], response }
  return { ...parsePack(Buffer.from(await response.arrayBuffer())), response }
}

/** A pack of the frames of these URLs, asked for as the deployed player does it. */
export function postPack(api: HubApi, urls: readonly string[], timeoutMs: number): Promise<Pack> {
  return fetchPack(api, `/api/framepack?${urls[0]}`, {
    method: 'POST', body: JSON.stringify({ urls }), headers: { 'content-type': 'application/json' }, signal: AbortSignal.timeout(timeoutMs),
  })
}

export function frameUrl(id: string, number: number): string {
  return `/frames/${id}/frame_${String(number).padStart(6, '0')}.png`
}

function parsePack(bytes: Buffer): Pick<Pack, 'count' | 'frames'> {
  const frames: Buffer[] = []
  let at = 4
  for (; at < bytes.length; at += 4 + bytes.readUInt32BE(at)) frames.push(bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at)))
  if (at !== bytes.length) throw new Error(`a pack of ${bytes.length} bytes whose frames end at ${at}`)
  return { count: bytes.readUInt32BE(0), frames }
}
