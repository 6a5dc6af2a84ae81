import { guardsWith } from './input-guards.ts'
import { refuseField } from './source-field.ts'
import type { MediaInfo, MediaStream, Workspace } from './tool.ts'

/**
 * The arguments that join files without a look at what is in them. Throws a HubError that names the source which is
 * not like the first one.
 *
 * ffmpeg's demuxer of lists reads other files, so that no source may be taken for such a list: the list is written
 * here, holds nothing but the paths of staged files, and what each of those is has been probed without that demuxer.
 */
export function copiedParts(infos: readonly MediaInfo[], { inputs }: Workspace): readonly string[] {
  const [first] = infos
  infos.forEach((info, index) => {
    const difference = differenceOf(info, first!)
    if (difference !== undefined) refuseField('exact', `sources[${index}] cannot be copied behind the first one: ${difference}`, 'Send exact: true to have them made alike')
  })
  const list = ['ffconcat version 1.0', ...inputs.map((file) => `file file:${quoted(file)}`)].map((line) => `${line}\n`).join('')
  const formats = ['concat', ...new Set(infos.map(({ format }) => format))]
  return [
    ...guardsWith({ protocols: ['file', 'data'], formats }), '-f', 'concat', '-safe', '0', '-i', `data:text/plain,${list}`,
    '-map', '0:V?', '-map', '0:a?', '-c', 'copy',
  ]
}

/** As ffmpeg's av_get_token reads it. */
function quoted(path: string): string {
  return `'${path.replaceAll("'", String.raw`'\''`)}'`
}

function differenceOf(info: MediaInfo, first: MediaInfo): string | undefined {
  const [own, others] = [info, first].map(({ streams }) => streams.filter(isCopied))
  const [kinds, wanted] = [own!, others!].map((streams) => streams.map(({ kind }) => kind).join(' and ') || 'nothing')
  if (kinds !== wanted) return `it holds ${kinds}, and the first ${wanted}`
  return own!.map((stream, index) => {
    const other = others![index]!
    const trait = TRAITS.find(([, tell]) => tell(stream) !== tell(other))
    return trait && `its ${trait[0]} is ${trait[1](stream)}, and that of the first ${trait[1](other)}`
  }).find((difference) => difference !== undefined)
}

function isCopied({ kind, isAttachedPicture }: MediaStream): boolean {
  return kind === 'audio' || (kind === 'video' && isAttachedPicture !== true)
}

/** What a decoder is told once, at the beginning. */
const TRAITS: readonly (readonly [name: string, tell: (stream: MediaStream) => string | number | undefined])[] = [
  ['codec', ({ codec }) => codec],
  ['size', ({ kind, width, height }) => (kind === 'video' ? `${width}x${height}` : undefined)],
  ['kind of pixels', ({ pixelFormat }) => pixelFormat],
  ['profile', ({ profile }) => profile],
  ['sample rate', ({ sampleRate }) => sampleRate],
  ['number of channels', ({ channels }) => channels],
]
