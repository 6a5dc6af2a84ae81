import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FramePack } from '../dist/streams/frame-pack.js'
import { encodeLine } from '../dist/streams/entry.js'

const FRAMES_AT_ONCE = 64

/** Puts a job into a data directory that has ended well with so many frames of that size; answers its id. */
export async function writeStoredFrames(dataDirectory, { frames, frameBytes }) {
  const id = 'benchframes00000000001'
  const directory = join(dataDirectory, 'jobs', id)
  const input = { source: 'http://media.example/clip.mov' }
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'request.json'), JSON.stringify({ tool: 'video_frame', input, fingerprint: id }), { mode: 0o600 })
  await writeFile(join(directory, 'events.ndjson'), encodeEvents(eventsOf(id, input, frames)))
  const pack = await FramePack.openToWrite(join(directory, 'frames', 'frames.pack'))
  for (let from = 0; from < frames; from += FRAMES_AT_ONCE) {
    const count = Math.min(FRAMES_AT_ONCE, frames - from)
    await pack.append(Array.from({ length: count }, (_, index) => Buffer.alloc(frameBytes, from + index)))
  }
  await pack.end()
  await pack.close()
  return id
}

function eventsOf(id, input, frames) {
  const now = Date.now()
  const result = { current_frames: frames, total_frames: frames, fps: 20, width: 640, height: 360, format: 'png' }
  return [
    ['status', { status: 'queued', id, tool: 'video_frame', input, created_at: now }],
    ['status', { status: 'running', attempt: 1, started_at: now, progress: 0 }],
    ['result', { result }],
    ['status', { status: 'completed', ended_at: now, expires_at: now + 7_200_000, progress: 100 }],
    ['end', { status: 'completed' }],
  ].map(([type, data]) => ({ type, data, at: now }))
}

function encodeEvents(events) {
  const encoded = []
  let from = 0
  for (const { type, data, at } of events) {
    const line = encodeLine({ type, data }, { epoch: 0, from, at })
    encoded.push(line)
    from += line.length
  }
  return Buffer.concat(encoded)
}
