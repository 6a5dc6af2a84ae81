import type { Region } from '../region.ts'

/** Where the logo was in one picture of the film. */
export interface Sighting {
  readonly seconds: number
  /** In pixels of the film; undefined where it was not to be seen. */
  readonly place: { readonly x: number; readonly y: number } | undefined
}

export interface TrackOptions {
  /** Of the logo, in pixels of the film. */
  readonly width: number
  readonly height: number
  /** How exactly the places are known. */
  readonly pixels: number
  /** Between one picture and the next. */
  readonly stepSeconds: number
}

/** It may be hidden so long, as by something that passes, and is then still there. */
const LONGEST_GAP_SECONDS = 1

/** Puts sightings together to regions: one for each place where the logo stays, or along which it moves. */
export function tracksOf(sightings: readonly Sighting[], { width, height, pixels, stepSeconds }: TrackOptions): readonly Region[] {
  const tracks: Seen[][] = []
  for (const { seconds, place } of sightings) {
    if (!place) continue
    const seen = { seconds, ...place }
    const last = tracks.at(-1)?.at(-1)
    if (last && seconds - last.seconds <= LONGEST_GAP_SECONDS && isNear(seen, last, { width, height, pixels, stepSeconds })) tracks.at(-1)!.push(seen)
    else tracks.push([seen])
  }
  // Once is chance.
  const lasting = tracks.filter((track) => track.length >= FEWEST_SIGHTINGS)
  return lasting.map((track) => regionOf(track, { sightings, width, height, pixels, stepSeconds }))
}

interface Seen {
  readonly seconds: number
  readonly x: number
  readonly y: number
}

const FEWEST_SIGHTINGS = 3

function isNear(one: Seen, other: Seen, { width, height, pixels }: TrackOptions): boolean {
  const reach = 2 * pixels + 0.15 * Math.min(width, height)
  return Math.abs(one.x - other.x) <= reach && Math.abs(one.y - other.y) <= reach
}

function regionOf(track: readonly Seen[], { sightings, width, height, pixels, stepSeconds }: TrackOptions & { readonly sightings: readonly Sighting[] }): Region {
  const [first, last] = [track[0]!, track.at(-1)!]
  const before = sightings.findLast(({ seconds }) => seconds < first.seconds)
  const behind = sightings.find(({ seconds }) => seconds > last.seconds)
  // It came and went somewhere between two pictures, each of which is the one nearest to its time: rather too early and too late.
  const during = { ...(before && { fromSeconds: Math.max(0, before.seconds - stepSeconds / 2) }), ...(behind && { toSeconds: behind.seconds + stepSeconds / 2 }) }
  const middle = (axis: 'x' | 'y') => track.map((seen) => seen[axis]).sort((a, b) => a - b)[track.length >> 1]!
  const [x, y] = [middle('x'), middle('y')]
  if (track.every((seen) => Math.abs(seen.x - x) <= 2 * pixels && Math.abs(seen.y - y) <= 2 * pixels)) return { x, y, width, height, ...during }
  return { x: first.x, y: first.y, width, height, ...during, keyframes: track.map(({ seconds, ...place }) => ({ atSeconds: seconds, ...place })) }
}
