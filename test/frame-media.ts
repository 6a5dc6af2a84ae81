import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'

const MOST_BYTES = 2 ** 30

export function runFfmpeg(args: readonly string[], input?: Buffer): Buffer {
  return execFileSync('ffmpeg', ['-v', 'error', '-y', ...args], { maxBuffer: MOST_BYTES, ...(input && { input }) })
}

/** Arguments of an input that a filter makes. */
export const source = (filter: string) => ['-f', 'lavfi', '-i', filter]
export const picture = (size: string, rate: number, seconds: number) => source(`testsrc2=size=${size}:rate=${rate}:duration=${seconds}`)
export const tone = (seconds: number) => source(`sine=frequency=440:duration=${seconds}`)
export const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']

/** Makes the file and tells its name. */
export function encode(file: string, args: readonly string[]): string {
  runFfmpeg([...args, file])
  return file
}

export interface Pixels {
  readonly width: number
  readonly height: number
  /** Of each frame's RGB pixels. */
  readonly hashes: readonly string[]
}

/** What the bare command makes of a file. */
export function bareFrames(file: string, filters: string, size: { readonly width: number; readonly height: number }): Pixels {
  const bytes = runFfmpeg(['-i', file, '-vf', filters, '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'])
  return { ...size, hashes: hashEach(bytes, size.width * size.height * 3) }
}

/** Decodes encoded pictures. Throws unless all of them have one size. */
export function decode(frames: readonly Buffer[], codec: 'png' | 'mjpeg' | 'webp'): Pixels {
  const stream = Buffer.concat(frames)
  const from = ['-f', codec === 'mjpeg' ? 'jpeg_pipe' : `${codec}_pipe`, '-i', 'pipe:0']
  const told = execFileSync('ffprobe', ['-v', 'error', ...from, '-show_entries', 'frame=width,height', '-of', 'csv=p=0'], { input: stream })
  const sizes = [...new Set(told.toString().trim().split('\n').map((line) => line.replace(/,$/, '')))]
  if (sizes.length !== 1) throw new Error(`pictures of several sizes: ${sizes.join(' ')}`)
  const [width = 0, height = 0] = sizes[0]!.split(',').map(Number)
  const bytes = runFfmpeg([...from, '-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'], stream)
  return { width, height, hashes: hashEach(bytes, width * height * 3) }
}

function hashEach(bytes: Buffer, frameBytes: number): string[] {
  return Array.from({ length: bytes.length / frameBytes }, (_, index) => hash(bytes.subarray(index * frameBytes, (index + 1) * frameBytes)))
}

export function hash(bytes: Buffer): string {
  return createHash('sha1').update(bytes).digest('hex')
}
