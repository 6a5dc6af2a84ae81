import { seconds, type Graph } from './picture-graph.ts'
import type { Segment } from './timeline.ts'

const RATE = 48_000
const FORMAT = `aresample=${RATE},aformat=sample_fmts=fltp:channel_layouts=stereo`

/** The clips' own sound, each at its time, as long as the segments are; undefined where none has any. */
export function clipSoundGraph(segments: readonly Segment[], { framesPerSecond, frames }: { readonly framesPerSecond: number; readonly frames: number }): Graph | undefined {
  const samples = (count: number) => Math.round((count * RATE) / framesPerSecond)
  const chains: string[] = []
  const labels: string[] = []
  let start = 0
  segments.forEach(({ clip, frames: shown, overlap }, index) => {
    start -= overlap
    if (clip.hasSound) {
      const fades = [
        ...(overlap > 0 ? [`afade=t=in:d=${seconds(overlap / framesPerSecond)}`] : []),
        ...((segments[index + 1]?.overlap ?? 0) > 0
          ? [`afade=t=out:st=${seconds((shown - segments[index + 1]!.overlap) / framesPerSecond)}:d=${seconds(segments[index + 1]!.overlap / framesPerSecond)}`] : []),
      ]
      const delay = samples(start)
      chains.push(`[${index}:a:0]${[FORMAT, 'asetpts=PTS-STARTPTS', `atrim=end_sample=${samples(shown)}`, ...fades, ...(delay > 0 ? [`adelay=${delay}S:all=1`] : [])].join(',')}[own${index}]`)
      labels.push(`[own${index}]`)
    }
    start += shown
  })
  if (labels.length === 0) return undefined
  return { chains: [...chains, `${labels.join('')}amix=inputs=${labels.length}:normalize=0,${exactly(samples(frames))}[own]`], label: 'own' }
}

export interface Mix {
  readonly frames: number
  readonly framesPerSecond: number
  /** A label, such as `own` or `3:a:0`, and how loud it is to be. */
  readonly clips?: { readonly label: string; readonly volume: number } | undefined
  readonly voice?: { readonly label: string; readonly volume: number } | undefined
  readonly music?: { readonly label: string; readonly volume: number; readonly fadeSeconds: number; readonly isDucked: boolean } | undefined
}

/** All sound together, to the sample as long as the picture; undefined where there is none. */
export function mixGraph({ frames, framesPerSecond, clips, voice, music }: Mix): Graph | undefined {
  const samples = Math.round((frames * RATE) / framesPerSecond)
  const length = samples / RATE
  const isDucked = music?.isDucked === true && voice !== undefined
  const chains: string[] = []
  const labels: string[] = []
  if (clips) {
    chains.push(`[${clips.label}]${FORMAT},volume=${clips.volume}[clips]`)
    labels.push('[clips]')
  }
  if (voice) {
    chains.push(`[${voice.label}]${FORMAT},asetpts=PTS-STARTPTS,volume=${voice.volume},${exactly(samples)}${isDucked ? ',asplit[voice][key]' : '[voice]'}`)
    labels.push('[voice]')
  }
  if (music) {
    const fade = Math.min(music.fadeSeconds, length)
    const ending = fade > 0 ? `,afade=t=out:st=${seconds(length - fade)}:d=${seconds(fade)}` : ''
    chains.push(`[${music.label}]${FORMAT},asetpts=PTS-STARTPTS,volume=${music.volume},${exactly(samples)}${ending}${isDucked ? '[loud]' : '[music]'}`)
    // Some 10 dB less while somebody speaks, and back within a second.
    if (isDucked) chains.push('[loud][key]sidechaincompress=threshold=0.02:ratio=6:attack=30:release=700[music]')
    labels.push('[music]')
  }
  if (labels.length === 0) return undefined
  const mixed = labels.length === 1 ? labels[0]! : `${labels.join('')}amix=inputs=${labels.length}:normalize=0,`
  return { chains: [...chains, `${mixed}alimiter=limit=0.97:level=disabled,${exactly(samples)}[sound]`], label: 'sound' }
}

function exactly(samples: number): string {
  return `apad,atrim=end_sample=${samples}`
}
