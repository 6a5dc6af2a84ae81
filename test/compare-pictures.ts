import { execFileSync } from 'node:child_process'

/** Mean difference of two pictures, 0 to 255 a colour. */
export function difference(one: Buffer, other: Buffer): number {
  const [a, b] = [pixels(one), pixels(other)]
  return a.reduce((sum, value, index) => sum + Math.abs(value - b[index]!), 0) / a.length
}

/** The pixels of a picture, as RGB of 160x90. */
function pixels(picture: Buffer): Buffer {
  return execFileSync('ffmpeg', ['-v', 'error', '-i', '-', '-s', '160x90', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'], { input: picture })
}

export function widthOf(jpeg: Buffer): number {
  const args = ['-v', 'error', '-show_entries', 'stream=width', '-of', 'csv=p=0', '-f', 'jpeg_pipe', '-i', '-']
  return Number(execFileSync('ffprobe', args, { input: jpeg }))
}
