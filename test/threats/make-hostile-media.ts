import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encode, H264, picture, source, tone } from '../frame-media.ts'
import { hostilePictures } from './hostile-pictures.ts'
import { hostilePlaylists } from './hostile-playlists.ts'
import type { Places } from './places.ts'

export interface HostileFile {
  readonly name: string
  readonly bytes: Buffer
  /** There is nothing in it that a hub may take for sound or picture. */
  readonly isNoMedia?: boolean
}

/** Files that attack whoever decodes them with the most ordinary arguments. */
export async function makeHostileMedia(directory: string, places: Places): Promise<readonly HostileFile[]> {
  await mkdir(directory, { recursive: true })
  return [...hostilePlaylists(places), ...hostilePictures(), ...await hostileContainers(directory), ...hostileBytes()]
}

async function hostileContainers(directory: string): Promise<readonly HostileFile[]> {
  const make = async (name: string, args: readonly string[]) => readFile(encode(join(directory, name), args))
  const clip = [...picture('64x48', 10, 1), ...tone(1)]
  const film = await make('film.mp4', [...clip, ...H264, '-c:a', 'aac'])
  const early = await make('early.mp4', [...clip, ...H264, '-c:a', 'aac', '-movflags', '+faststart'])
  const stream = await make('stream.ts', clip)
  const song = await make('song.mp3', tone(1))
  const gap = "setpts='if(gt(N,2),PTS+360000/TB,PTS)'"
  const tags = join(directory, 'tags.txt')
  await writeFile(tags, `;FFMETADATA1\ntitle=${FORGED.replaceAll('\n', '\\\n').replace(/[=;#]/g, '\\$&')}\ncomment=${'x'.repeat(1 << 20)}\n`)
  const note = join(directory, 'note.txt')
  await writeFile(note, 'attached')
  return [
    { name: 'mov_reference.mov', bytes: renamed(film, 'url ', 'alis') },
    { name: 'mov_samples.mov', bytes: patched(film, 'stsz', 8, 0x0fff_ffff) },
    { name: 'mov_times.mov', bytes: patched(film, 'stts', 8, 0x7fff_ffff) },
    { name: 'gap_100h.mkv', bytes: await make('gap.mkv', [...picture('64x48', 10, 1), '-vf', gap, '-fps_mode', 'passthrough', ...H264]) },
    { name: 'gap_png.mkv', bytes: await make('gap-png.mkv', [...picture('64x48', 10, 1), '-vf', gap, '-fps_mode', 'passthrough', '-c:v', 'png']) },
    { name: 'streams_400.nut', bytes: await make('streams.nut', [...source('sine=d=0.1'), ...Array.from({ length: 400 }, () => ['-map', '0:a']).flat(), '-c:a', 'pcm_u8']) },
    { name: 'forged_tags.mkv', bytes: await make('tags.mkv', [...clip, '-f', 'ffmetadata', '-i', tags, '-map_metadata', '2', ...H264]) },
    {
      name: 'attachment.mkv',
      bytes: await make('attachment.mkv', [...clip, ...H264, '-attach', note, '-metadata:s:t', 'mimetype=text/plain', '-metadata:s:t', 'filename=../../../places/outside/escaped']),
    },
    { name: 'magicyuv.avi', bytes: await make('magicyuv.avi', [...picture('64x48', 10, 1), '-c:v', 'magicyuv', '-pix_fmt', 'gbrp']) },
    { name: 'truncated.mp4', bytes: film.subarray(0, film.length / 2), isNoMedia: true },
    { name: 'truncated_early.mp4', bytes: early.subarray(0, early.length / 2) },
    { name: 'truncated.ts', bytes: stream.subarray(0, stream.length / 2 + 77) },
    { name: 'elf_and_mp3', bytes: Buffer.concat([(await readFile(process.execPath)).subarray(0, 4096), song]) },
    { name: 'html_and_mp3', bytes: Buffer.concat([Buffer.from('<script>alert(1)</script>'), song]) },
    { name: 'subtitles_in_avi', bytes: aviWithPlaylist() },
  ]
}

/** What a log line would be that is taken for events, for lines of others, or for orders to a terminal. */
export const FORGED = '\x1b[2J\x1b]0;owned\x07\nevent: status\ndata: {"status":"completed"}\n\nprogress=end\nout_time_us=1'

function hostileBytes(): readonly HostileFile[] {
  const noise = Buffer.concat(Array.from({ length: 2048 }, (_, index) => createHash('sha256').update(String(index)).digest()))
  return [
    { name: 'empty', bytes: Buffer.alloc(0), isNoMedia: true },
    { name: 'one_byte', bytes: Buffer.from([0]), isNoMedia: true },
    { name: 'random', bytes: noise, isNoMedia: true },
    { name: 'zeros', bytes: Buffer.alloc(8 << 20), isNoMedia: true },
    { name: 'elf', bytes: Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01', 'latin1'), Buffer.alloc(4096)]), isNoMedia: true },
    { name: 'ass_bomb', bytes: Buffer.from(`[Script Info]\nPlayResX: 100000\nPlayResY: 100000\n[Events]\n${'Dialogue: 0,0:00:00.00,9:59:59.99,,,,,,,{\\t(\\fscx99999\\blur999)}x\n'.repeat(2000)}`) },
  ]
}

/** A number inside the first box of that type, counted from behind its name. */
function patched(bytes: Buffer, type: string, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt32BE(value, copy.indexOf(type, 0, 'latin1') + type.length + at)
  return copy
}

function renamed(bytes: Buffer, from: string, to: string): Buffer {
  const copy = Buffer.from(bytes)
  // Its flags go too: they said that the samples are in this file.
  const at = copy.indexOf(from, copy.indexOf('dref', 0, 'latin1'), 'latin1')
  copy.write(to, at, 'latin1')
  copy.writeUInt32BE(0, at + 4)
  return copy
}

/** An AVI whose subtitles are said to be a playlist. */
function aviWithPlaylist(): Buffer {
  const list = '#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n'
  const gab2 = Buffer.concat([Buffer.from('GAB2\0\x02\0', 'latin1'), word(0), Buffer.from([4, 0]), word(list.length), Buffer.from(list)])
  const header = Buffer.alloc(56)
  header.writeUInt32LE(1, 24)
  const strh = Buffer.alloc(56)
  strh.write('txts', 0, 'latin1')
  const streams = riff('LIST', Buffer.concat([Buffer.from('strl'), riff('strh', strh), riff('strf', Buffer.alloc(0))]))
  const body = [riff('LIST', Buffer.concat([Buffer.from('hdrl'), riff('avih', header), streams])), riff('LIST', Buffer.concat([Buffer.from('movi'), riff('00tx', gab2)]))]
  return riff('RIFF', Buffer.concat([Buffer.from('AVI '), ...body]))
}

function riff(type: string, data: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), word(data.length), data, Buffer.alloc(data.length % 2)])
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
