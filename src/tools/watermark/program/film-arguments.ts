import { ALLOCATION_GUARD, inputGuards } from '../../input-guards.ts'
import type { Box } from '../fill/motion.ts'
import type { FilmFacts } from '../task.ts'

/** Options that stand first. Only what makes the result tells more than errors. */
export function beginning(level: 'error' | 'info'): readonly string[] {
  return ['-hide_banner', '-nostdin', '-y', '-nostats', '-loglevel', `level+${level}`, ...ALLOCATION_GUARD]
}

export function filmInput(file: string, ...options: readonly string[]): readonly string[] {
  return [...inputGuards(), ...options, '-i', file]
}

/**
 * The film in frames of one rate that begin when the film does, so that the nth is the same one wherever it is decoded,
 * with even sides.
 */
export function steadyFrames({ width, height, framesPerSecond, pixelFormat }: FilmFacts): string {
  return `fps=fps=${framesPerSecond}:start_time=0,crop=${width}:${height}:0:0,format=${pixelFormat}`
}

export function cropTo({ x, y, width, height }: Box): string {
  return `crop=${width}:${height}:${x}:${y}:exact=1`
}

export const RAW = ['-an', '-sn', '-dn', '-c:v', 'rawvideo', '-f', 'rawvideo', 'pipe:1'] as const
