import { setTimeout as pause } from 'node:timers/promises'
import { frameUrl, postPack, type Pack } from './frame-packs.ts'
import type { HubApi } from './hub-api.ts'

const POLL_MS = 1000
const FRAMES_TO_BEGIN = 200
const PACK_FRAMES = 20
const PACKS_BEFOREHAND = 20
const BEFOREHAND_MS = 3000
const PLAYING_MS = 2000

const SOUNDS = ['audio_dfpwm_url', 'audio_dfpwm_left_url', 'audio_dfpwm_right_url'] as const

export interface Played {
  /** What the second look at the task said, from which on the player knows all. */
  readonly status: string
  readonly result: Record<string, any>
  /** Each frame at the place where the player shows it; a hole is one that it never got. */
  readonly frames: readonly Buffer[]
  /** Mono, left, right; each null where there is none. */
  readonly sounds: readonly (Buffer | null)[]
  /** The packs that were asked for all at once before it plays. */
  readonly packsBeforehand: readonly Pack[]
  /** How many packs were not there in time and had to be asked for again. */
  readonly refusedPacks: { readonly beforehand: number; readonly playing: number }
}

/** Does with a hub what the deployed video player does, in its order and with its limits; rejects where one is passed. */
export async function playAsDeployed(api: HubApi, wanted: object): Promise<Played> {
  const { body: created } = await api.post('/api/video_frame/async', wanted)
  if (created.status !== 'success') throw new Error(created.message)
  const look = async () => (await api.request(new URL(created.status_url).pathname)).body
  for (let { status, result } = await look(); !(result.current_frames >= FRAMES_TO_BEGIN); { status, result } = await look()) {
    if (status === 'error' || status === 'completed') throw new Error(`the task is ${status}, and the player would wait for ever`)
    await pause(POLL_MS)
  }
  const { status, result } = await look()
  const urlsFrom = (first: number) => Array.from({ length: PACK_FRAMES }, (_, index) => frameUrl(created.task_id, first + index))
  const frames: Buffer[] = []
  const keep = (first: number, pack: Pack) => pack.frames.forEach((frame, index) => (frames[first + index - 1] = frame))
  const firsts = Array.from({ length: PACKS_BEFOREHAND }, (_, index) => 1 + index * PACK_FRAMES)

  const [sounds, ...packsBeforehand] = await Promise.all([
    Promise.all(SOUNDS.map((name) => fetchSound(api, result.audio_urls?.[name]))),
    ...firsts.map((first) => postPack(api, urlsFrom(first), BEFOREHAND_MS)),
  ])
  packsBeforehand.forEach((pack, index) => keep(firsts[index]!, pack))

  let refused = 0
  for (let first = 1; first <= result.total_frames - 10; first += PACK_FRAMES) {
    while (!frames[first - 1]) {
      const pack = await postPack(api, urlsFrom(first), PLAYING_MS)
      if (!pack.response.ok) refused++
      else if (pack.count === 0) throw new Error(`frame ${first} of ${result.total_frames} will never come`)
      keep(first, pack)
    }
  }
  return {
    status, result, frames, sounds, packsBeforehand,
    refusedPacks: { beforehand: packsBeforehand.filter(({ response }) => !response.ok).length, playing: refused },
  }
}

async function fetchSound({ url }: HubApi, path: string | undefined): Promise<Buffer | null> {
  if (path === undefined) return null
  const response = await fetch(url + path)
  if (!response.ok) throw new Error(`answered ${response.status}`)
  return Buffer.from(await response.arrayBuffer())
}
