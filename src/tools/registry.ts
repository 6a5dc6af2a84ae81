import { HubError } from '../errors.ts'
import { audioTool } from './audio.ts'
import { composeTool } from './compose.ts'
import { concatTool } from './concat.ts'
import { ffmpegTool } from './ffmpeg.ts'
import { gifTool } from './gif.ts'
import { hlsTool } from './hls.ts'
import { nearestName } from './nearest-name.ts'
import { probeTool } from './probe.ts'
import { sanjuuniTool } from './sanjuuni.ts'
import { subtitlesTool } from './subtitles.ts'
import type { Tool } from './tool.ts'
import { thumbnailsTool } from './thumbnails.ts'
import { transcodeTool } from './transcode.ts'
import { trimTool } from './trim.ts'
import { videoFrameTool } from './video-frame.ts'
import { watermarkTool } from './watermark.ts'
import { waveformTool } from './waveform.ts'

/** Every tool of this hub, in the order in which a list shows them. A new tool is one line here. */
export const tools: readonly Tool[] = [
  ffmpegTool,
  videoFrameTool,
  sanjuuniTool,
  transcodeTool,
  audioTool,
  trimTool,
  concatTool,
  hlsTool,
  thumbnailsTool,
  waveformTool,
  probeTool,
  composeTool,
  subtitlesTool,
  watermarkTool,
  gifTool,
]

/** Throws a HubError that names the tools there are. */
export function findTool(name: string): Tool {
  const tool = tools.find((candidate) => candidate.name === name)
  if (tool !== undefined) return tool
  const names = tools.map((candidate) => candidate.name)
  const nearest = nearestName(name, names)
  const message = `There is no tool ${JSON.stringify(name.slice(0, 40))}`
  throw new HubError('tool_not_found', nearest === undefined ? message : `${message}; did you mean ${nearest}?`, {
    hint: `The tools are ${names.join(', ')}`,
  })
}
