import { join } from 'node:path'
import { convertByReference, convertClip } from './sanjuuni-per-frame.mjs'
import { printTable, short, whole } from './table.mjs'

const FORMATS = [
  ['lua', ['-l']], ['nfp', ['-n']], ['raw', ['-r']], ['bimg', ['-b']], ['bimg, binary', ['-b', '-B']],
  ...['none', 'ans', 'deflate', 'custom'].map((compression) => [`32vid, ${compression}`, ['-3', '-c', compression]]),
]

/** Each format of one clip, and nothing else changed. */
export async function compareFormats(clip, { engine, reference, directory }) {
  const rows = []
  for (const [name, args] of FORMATS) {
    const ours = await convertClip(clip, { engine, args, directory: join(directory, 'format') })
    const theirs = reference && (await convertByReference(clip, { reference, args, output: join(directory, 'format.out') }))
    rows.push([
      name, `${short(ours.milliseconds)} ms`, `${short(theirs?.milliseconds ?? Number.NaN)} ms`,
      whole(ours.bytes / clip.count), whole(theirs ? theirs.bytes / theirs.frames : Number.NaN),
    ])
  }
  console.log(`\neach format of ${clip.name}, a frame; processor time with decoding and scaling\n`)
  printTable(['format', 'time', 'sanjuuni’s', 'bytes', 'sanjuuni’s'], rows)
}
