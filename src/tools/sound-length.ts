import { ALLOCATION_GUARD, inputGuards } from './input-guards.ts'
import { NotMediaError } from './media-info.ts'
import { soundOf } from './source-field.ts'
import type { Workspace } from './tool.ts'

/** Arguments of an ffmpeg that decodes a file's first sound and tells on its stdout how far it is. */
export function soundLengthArgs(file: string): readonly string[] {
  return [
    '-hide_banner', '-nostdin', '-nostats', '-loglevel', 'error', ...ALLOCATION_GUARD, '-progress', 'pipe:1', '-stats_period', '5',
    ...inputGuards(), '-i', file, '-map', '0:a:0', '-vn', '-sn', '-dn', '-c:a', 'pcm_s16le', '-f', 'null', '-',
  ]
}

/** Seconds, from what that has printed. Throws a NotMediaError where it decoded nothing. */
export function parseSoundLength(progress: string): number {
  const last = [...progress.matchAll(/^out_time_us=(\d+)$/gm)].at(-1)?.[1]
  if (last === undefined || Number(last) === 0) throw new NotMediaError()
  return Number(last) / 1e6
}

/** Formats that say how long they are, and are right; of the others the length is a guess from their size. */
const DECLARING = /^(?:mov,|matroska|wav|flac|ogg)/

/** How long a file's first sound is. Throws a HubError that names the field where it has none. */
export async function soundSeconds(file: string, workspace: Pick<Workspace, 'probe' | 'soundSeconds'>, field: string): Promise<number> {
  const info = await workspace.probe(file)
  const declared = soundOf(info, field).durationSeconds ?? info.durationSeconds
  return declared !== undefined && DECLARING.test(info.format) ? declared : workspace.soundSeconds(file)
}
