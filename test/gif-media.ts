import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A file that ffmpeg makes of a filter's picture. */
export function makePicture(directory: string, name: string, filter: string, ...args: readonly string[]): string {
  const file = join(directory, name)
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', filter, ...(args.length > 0 ? args : ['-frames:v', '1']), file])
  return file
}

/** Five pictures of different sizes and kinds, each of one colour. */
export function makeFivePictures(directory: string): string[] {
  return [
    makePicture(directory, 'red.png', 'color=c=0xd02020:s=320x180'),
    makePicture(directory, 'green.jpg', 'color=c=0x20b040:s=200x300'),
    makePicture(directory, 'blue.webp', 'color=c=0x2040d0:s=640x120'),
    makePicture(directory, 'yellow.bmp', 'color=c=0xe0d020:s=90x90'),
    makePicture(directory, 'violet.gif', 'color=c=0x9030c0:s=120x160'),
  ]
}

export interface Animation {
  readonly width: number
  readonly height: number
  /** Seconds of each frame, as ffprobe tells them. */
  readonly delays: readonly number[]
}

export function probeAnimation(bytes: Uint8Array, { directory, demuxer }: { directory: string; demuxer: 'gif' | 'apng' }): Animation {
  const file = join(directory, `probed.${demuxer}`)
  writeFileSync(file, bytes)
  const report = JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-f', demuxer, '-show_entries', 'stream=width,height:packet=duration_time', '-of', 'json', file], { encoding: 'utf8' }))
  const [{ width, height }] = report.streams
  return { width, height, delays: report.packets.map((packet: { duration_time: string }) => Number(packet.duration_time)) }
}

/** The colour in the middle of each frame, as ffmpeg shows it. */
export function middleColors(bytes: Uint8Array, { width, height }: { readonly width: number; readonly height: number }): number[][] {
  return shownFrames(bytes, width * height * 3).map((frame) => {
    const at = ((height >> 1) * width + (width >> 1)) * 3
    return [...frame.subarray(at, at + 3)]
  })
}

/** The colours of one frame at places, which are told in parts of its width and height. */
export function colorsAt(
  bytes: Uint8Array, { width, height, frame, places }: { readonly width: number; readonly height: number; readonly frame: number; readonly places: readonly (readonly [number, number])[] },
): number[][] {
  const shown = shownFrames(bytes, width * height * 3)[frame]!
  return places.map(([x, y]) => {
    const at = (Math.floor(y * height) * width + Math.floor(x * width)) * 3
    return [...shown.subarray(at, at + 3)]
  })
}

function shownFrames(gif: Uint8Array, size: number): Buffer[] {
  const rgb = execFileSync('ffmpeg', ['-v', 'error', '-i', '-', '-fps_mode', 'passthrough', '-pix_fmt', 'rgb24', '-f', 'rawvideo', '-'], { input: gif, maxBuffer: 2 ** 28 })
  return Array.from({ length: rgb.length / size }, (_, index) => rgb.subarray(index * size, (index + 1) * size))
}

/** How often a GIF says that it is played; 0 for ever. */
export function playsOfGif(gif: Buffer): number {
  const at = gif.indexOf('NETSCAPE2.0')
  if (at < 0) return 1
  const again = gif.readUInt16LE(at + 13)
  return again === 0 ? 0 : again + 1
}
