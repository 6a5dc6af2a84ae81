import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The sources of all jobs, made and uploaded once. */
export async function uploadMedia(url, directory) {
  const tone = await make(directory, 'tone.wav', ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=2', '-ar', '8000'])
  const clip = await make(directory, 'clip.mp4', ['-f', 'lavfi', '-i', 'testsrc2=size=64x48:rate=10:duration=2', '-pix_fmt', 'yuv420p'])
  const long = await make(directory, 'long.flac', ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=1800', '-ar', '8000'])
  return { tone: await upload(url, tone), clip: await upload(url, clip), long: await upload(url, long) }
}

async function make(directory, name, args) {
  const file = join(directory, name)
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...args, file])
  return file
}

async function upload(url, file) {
  const response = await fetch(`${url}/api/uploads/source`, { method: 'PUT', body: await readFile(file) })
  return (await response.json()).source
}
