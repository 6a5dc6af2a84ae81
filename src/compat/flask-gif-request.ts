import { HubError } from '../errors.ts'
import type { ReceivedFile } from '../jobs/multipart.ts'

/** As forms and scripts call the part; `photo[]` is what PHP taught them. */
const PHOTO = /^photos?(?:\[\])?$/
const FILM = /\.(?:mp4|m4v|mov|webm|mkv|avi|mpe?g|3gp|ts|wmv|flv)$/i

/** Fields that are passed on as numbers, by what the tool calls them. */
const NUMBERS: Readonly<Record<string, string>> = {
  delay_ms: 'delay_ms', loop: 'loop', width: 'width', height: 'height', colors: 'colors', target_kb: 'target_kb',
}
const OF_A_FILM: Readonly<Record<string, string>> = { start: 'start_seconds', duration: 'duration_seconds', fps: 'fps', speed: 'speed' }
const WORDS: readonly string[] = ['fit', 'format', 'background', 'quality']
/** ffmpeg's names of what the tool knows by fewer. */
const DITHERINGS: Readonly<Record<string, string>> = {
  floyd_steinberg: 'sierra', heckbert: 'sierra', sierra2: 'sierra', sierra2_4a: 'sierra', sierra3: 'sierra', burkes: 'sierra', atkinson: 'sierra',
}
/** The servers that speak this dialect show each photo for a tenth of a second. */
const USUAL_DELAY_MS = 100

export interface GifFields {
  readonly fields: ReadonlyMap<string, readonly string[]>
  /** Where a field is not in the form, it may stand here. */
  readonly query: URLSearchParams
}

/** The tool's input for a form. Throws a HubError that names the field. */
export function readGifRequest(files: readonly ReceivedFile[], { fields, query }: GifFields): Record<string, unknown> {
  const photos = files.filter(({ field }) => PHOTO.test(field)).map(({ upload }) => upload)
  if (photos.length === 0) {
    throw new HubError('invalid_input', 'There is no photo in the form', {
      hint: 'Send one or more files in the field photo', errors: [{ path: 'photo', message: 'must hold a file' }],
    })
  }
  const value = (name: string) => (fields.get(name)?.at(-1) ?? query.get(name) ?? '').trim()
  const number = (name: string): number | undefined => {
    const text = value(name)
    if (text === '') return undefined
    if (/^-?\d+(?:\.\d+)?$/.test(text)) return Number(text)
    throw refused(name, `"${text.slice(0, 40)}" is no number`)
  }
  const order = value('order')
  if (!['', 'upload', 'name'].includes(order)) throw refused('order', 'is upload or name')
  const sorted = order === 'name' ? photos.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })) : photos
  const isFilm = photos.length === 1 && FILM.test(photos[0]!.name)
  const given = (table: Readonly<Record<string, string>>) =>
    Object.entries(table).flatMap(([name, field]) => { const read = number(name); return read === undefined ? [] : [[field, read]] })
  const rate = number('fps')
  const dither = value('dither')
  return {
    sources: sorted.map(({ source }) => source),
    ...(isFilm ? Object.fromEntries(given(OF_A_FILM)) : { delay_ms: rate === undefined || rate <= 0 ? USUAL_DELAY_MS : Math.round(1000 / rate) }),
    ...Object.fromEntries(given(NUMBERS)),
    ...Object.fromEntries(WORDS.flatMap((name) => (value(name) === '' ? [] : [[name, value(name)]]))),
    ...(dither !== '' && { dither: DITHERINGS[dither] ?? dither }),
  }
}

function refused(path: string, message: string): HubError {
  return new HubError('invalid_input', `${path}: ${message}`, { errors: [{ path, message }] })
}
