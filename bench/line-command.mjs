import { fileURLToPath } from 'node:url'
import { makeStandIn } from './stand-in.mjs'

const LINE_SOURCE = fileURLToPath(new URL('line-source.mjs', import.meta.url))

/** Puts an executable into `directory` that runs as ffmpeg does and says lines; answers its path. */
export function makeLineCommand(directory, { lineBytes, burstBytes = 0 }) {
  return makeStandIn(directory, LINE_SOURCE, [String(lineBytes), String(burstBytes)])
}
