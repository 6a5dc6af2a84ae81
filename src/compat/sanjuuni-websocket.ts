import type { Connection } from '../streams/websocket.ts'
import { type SanjuuniPlayerContext, SanjuuniVideo } from './sanjuuni-player.ts'

const PIECE_BYTES = 65_535
const MOST_COMMAND_BYTES = 256
/** A player asks for one thing after the other. */
const MOST_WAITING = 256
const NOTHING = '!'

/**
 * The WebSocket server that sanjuuni opens with `--websocket`, for one job. Commands are text: `n` for the number of
 * frames, `f` for frames per second, `vN` for frame N from 0, `aN` for the second of sound from sample N on.
 */
export async function serveSanjuuni({ webSocket, parameters: [jobId = ''] }: Connection, context: SanjuuniPlayerContext): Promise<void> {
  const video = new SanjuuniVideo(jobId, context)
  const gone = new AbortController()
  let waiting = 0
  let answered = Promise.resolve()
  webSocket.on('close', () => gone.abort())
  webSocket.on('message', (data, isBinary) => {
    const command = String(data)
    if (isBinary || command.length > MOST_COMMAND_BYTES) return webSocket.close(4400, 'commands are n, f, v and a number, a and a number')
    if (++waiting > MOST_WAITING) return webSocket.close(4429, 'too many commands at once')
    answered = answered
      .then(() => answer(video, command, { send: (message) => send(webSocket, message), signal: gone.signal }))
      .catch(() => webSocket.close(1011, 'the video cannot be read any more'))
      .finally(() => waiting--)
  })
}

interface Answering {
  readonly send: (message: string | Uint8Array) => Promise<void>
  readonly signal: AbortSignal
}

async function answer(video: SanjuuniVideo, command: string, { send, signal }: Answering): Promise<void> {
  if (signal.aborted) return
  const number = /^[va](\d{1,10})$/.exec(command)?.[1]
  if (command === 'n') await send(String(video.length))
  else if (command === 'f') await send(video.framesPerSecond.toFixed(6))
  else if (number === undefined) return
  else if (command.startsWith('v')) await sendFrame(await video.frame(Number(number), signal), send)
  else await send((await video.sound(Number(number))) ?? NOTHING)
}

/** The players put pieces together until one is shorter. */
async function sendFrame(source: Uint8Array | undefined, send: Answering['send']): Promise<void> {
  if (source === undefined) return send(NOTHING)
  for (let at = 0; at < source.length; at += PIECE_BYTES) await send(source.subarray(at, at + PIECE_BYTES))
}

function send(webSocket: Connection['webSocket'], message: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => webSocket.send(message, () => resolve()))
}
