import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import { HubClient } from '../dist/client/index.js'
import { FramePackParser } from '../dist/client/frame-pack-parser.js'
import { currentEngine, runFfmpeg } from './engine.mjs'
import { startHub } from './hub.mjs'
import { now } from './line.mjs'
import { SERVER_CORE } from './processes.mjs'
import { serveFile } from './served-file.mjs'
import { makeStandIn } from './stand-in.mjs'
import { FRAMES_PER_SECOND, readStamp } from './stamped-frame.mjs'
import { duration, printTable, quantile, whole } from './table.mjs'
import { temporaryDirectory } from './temporary-directory.mjs'

const FRAME_SOURCE = fileURLToPath(new URL('frame-source.mjs', import.meta.url))
const SIZE = { width: 164, height: 81 }
const MOST_MILLISECONDS = 100
const READERS = [
  { name: 'frame by frame', query: 'from=1&batch=1' },
  { name: 'credit 20', query: 'from=1&batch=20&credit=20' },
  { name: 'messages of 16 KiB', query: 'from=1&batch=20&max_message=16384' },
]

/** From a frame leaving the encoder to it being whole at a reader. */
export async function framePush({ isQuick }) {
  const directory = await temporaryDirectory()
  const clip = join(directory, 'clip.mp4')
  runFfmpeg(await currentEngine(), ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=size=64x36:rate=20', '-t', '1', '-pix_fmt', 'yuv420p', clip])
  const media = await serveFile(clip)
  const frames = (isQuick ? 5 : 20) * FRAMES_PER_SECOND
  const standIn = await makeStandIn(directory, FRAME_SOURCE, [String(frames), String(SIZE.width * SIZE.height * 3)])
  const flags = ['--ffmpeg', standIn, '--fetch-allow', media.address]
  const hub = await startHub({ dataDirectory: join(directory, 'data'), core: SERVER_CORE, flags })
  const rows = []
  try {
    for (const { name, query } of READERS) {
      const source = `http://${media.address}/${encodeURIComponent(name)}.mp4`
      const job = await new HubClient({ url: hub.url }).submit('video_frame', { source, ...SIZE, fit: 'stretch', fps: FRAMES_PER_SECOND, format: 'raw', sound: false })
      const received = await receive(`${hub.url.replace('http', 'ws')}/api/jobs/${job.id}/frames?${query}`)
      if (!received) {
        console.log('skipped: this hub pushes no frames')
        return
      }
      rows.push({ name, ...received })
      await job.done()
    }
  } finally {
    media.close()
  }
  printTable(['a reader with', 'p50', 'p99', 'most', `p99 ≤ ${MOST_MILLISECONDS} ms`, 'frames', 'in order'], rows.map(({ name, latencies, numbers }) => [
    name, ...[0.5, 0.99, 1].map((share) => duration(quantile(latencies, share))),
    quantile(latencies, 0.99) <= MOST_MILLISECONDS ? 'yes' : 'no',
    `${whole(numbers.length)} of ${whole(frames)}`, numbers.every((number, index) => number === index + 1) ? 'yes' : 'no',
  ]))
}

/** Reads to the end and grants credit for what came; undefined where the hub has no such address. */
function receive(url) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false })
    const [latencies, numbers] = [[], []]
    let parser
    socket.on('unexpected-response', () => resolve(undefined))
    socket.on('error', reject)
    socket.on('message', (data, isBinary) => {
      if (isBinary) {
        const arrivedAt = now()
        const whole = parser.push(data)
        for (const frame of whole) {
          const { number, madeAt } = readStamp(Buffer.from(frame.buffer, frame.byteOffset, frame.length))
          latencies.push(arrivedAt - madeAt)
          numbers.push(number)
        }
        if (whole.length > 0) socket.send(JSON.stringify({ op: 'credit', frames: whole.length }))
        return
      }
      const message = JSON.parse(String(data))
      if (message.type === 'frames') parser = new FramePackParser()
      else if (message.type === 'end') resolve({ latencies: latencies.toSorted((a, b) => a - b), numbers })
    })
    socket.on('close', (code) => reject(new Error(`the hub closed with ${code} before the end`)))
  })
}
