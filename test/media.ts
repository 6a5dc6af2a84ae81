import { execFileSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A minute of tone that is broken off ten times a second, so that `silencedetect` has much to say. */
export function makeTone(directory: string): string {
  const file = join(directory, 'tone.wav')
  const tone = "aevalsrc='if(lt(mod(t,0.1),0.05),0,0.5*sin(2*PI*440*t))':s=8000:d=60"
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', tone, '-ac', '1', file])
  return file
}

/** The real ffmpeg, reading its input no faster than it plays: a job takes as long as its `-t` says, and no CPU. */
export function pacedFfmpeg(directory: string): string {
  const file = join(directory, 'paced-ffmpeg')
  writeFileSync(file, '#!/bin/sh\nexec ffmpeg -re "$@"\n')
  chmodSync(file, 0o755)
  return file
}

/** Input of a job that plays so many seconds of a source and tells some twenty lines a second. */
export function talk(source: string, seconds: number): { input_url: string; args: string[]; output_format: string } {
  return { input_url: source, args: ['-af', 'silencedetect=n=-30dB:d=0.02', '-t', String(seconds)], output_format: 'mp3' }
}

/** Input of a job that takes a moment. */
export function brief(source: string, seconds = 1): { input_url: string; args: string[]; output_format: string } {
  return { input_url: source, args: ['-t', String(seconds)], output_format: 'wav' }
}
