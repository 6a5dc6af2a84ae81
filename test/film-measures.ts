import { execFileSync } from 'node:child_process'

/** Clips for tests, small ones. */
export function makeMedia(file: string, ...args: readonly string[]): string {
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...args, file])
  return file
}

/** A clip that flashes and beeps together, for a tenth of a second each second. */
export const FLASH_AND_BEEP = [
  '-f', 'lavfi', '-i', "color=black:s=320x180:r=30:d=4,drawbox=c=white:t=fill:enable='between(mod(t,1),0.5,0.599)'",
  '-f', 'lavfi', '-i', "aevalsrc='sin(2*PI*1000*t)*between(mod(t,1),0.5,0.6)':s=48000:d=4", '-pix_fmt', 'yuv420p', '-c:a', 'aac',
] as const

export function probeFilm(file: string): { seconds: number; frames: number; width: number; height: number; codecs: string[] } {
  const { format, streams } = JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-show_format', '-show_streams', '-of', 'json', file], { encoding: 'utf8' }))
  const { nb_frames, width, height } = streams.find(({ codec_type }: { codec_type: string }) => codec_type === 'video')
  return { seconds: Number(format.duration), frames: Number(nb_frames), width, height, codecs: streams.map(({ codec_name }: { codec_name: string }) => codec_name) }
}

/** How bright the brightest spot of each frame is, from 0 to 255; of the part that `crop` leaves, seen as 16 by 9 spots. */
export function brightness(file: string, crop = 'null'): number[] {
  const spots = execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-vf', `${crop},scale=16:9:flags=area`, '-pix_fmt', 'gray', '-f', 'rawvideo', '-'])
  return Array.from({ length: spots.length / 144 }, (_, frame) => Math.max(...spots.subarray(frame * 144, (frame + 1) * 144)))
}

/** The first moment of each stretch that is more than that, in seconds. */
export function onsets(levels: readonly number[], { above, perSecond }: { readonly above: number; readonly perSecond: number }): number[] {
  return levels.flatMap((level, index) => (level > above && (levels[index - 1] ?? 0) <= above ? [index / perSecond] : []))
}

/** How loud each hundredth of a second is (its highest sample, from 0 to 1), behind a filter. */
export function loudness(file: string, filter = 'anull'): number[] {
  const bytes = execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-map', '0:a:0', '-af', filter, '-ac', '1', '-ar', '48000', '-f', 's16le', '-'], { maxBuffer: 2 ** 28 })
  const samples = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1)
  return Array.from({ length: Math.floor(samples.length / 480) }, (_, at) => Math.max(...samples.subarray(at * 480, (at + 1) * 480).map(Math.abs)) / 32_768)
}

/** One frame as RGB. */
export function frameAt(file: string, seconds: number): Buffer {
  return execFileSync('ffmpeg', ['-v', 'error', '-ss', String(seconds), '-i', file, '-frames:v', '1', '-pix_fmt', 'rgb24', '-f', 'rawvideo', '-'], { maxBuffer: 2 ** 26 })
}
