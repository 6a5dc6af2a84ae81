import { deflateSync, crc32 } from 'node:zlib'
import type { HostileFile } from './make-hostile-media.ts'

/** Small files that tell of pictures too large for any memory, or of films too fast for any disk. */
export function hostilePictures(): readonly HostileFile[] {
  return [
    { name: 'png_16k', bytes: png({ side: 16_000, rows: 16_000 }) },
    { name: 'png_30k', bytes: png({ side: 30_000, rows: 10 }) },
    { name: 'bmp_size', bytes: bmp(60_000) },
    { name: 'gif_size', bytes: gif(65_535) },
    { name: 'webp_size', bytes: webp() },
    { name: 'ppm_size', bytes: Buffer.from('P6\n60000 60000\n255\n\0\0\0') },
    { name: 'pgm_size', bytes: Buffer.from('P5\n2147483647 2147483647\n255\n\0') },
    { name: 'y4m_size', bytes: y4m('W60000 H60000 F25:1') },
    { name: 'y4m_rate', bytes: y4m('W16 H16 F1000000000:1') },
    { name: 'y4m_slow', bytes: y4m('W16 H16 F1:1000000000') },
  ]
}

function png({ side, rows }: { side: number; rows: number }): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header[8] = 1
  const pixels = deflateSync(Buffer.alloc(rows * (1 + side / 8)), { level: 1 })
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))])
}

function chunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [size, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  size.writeUInt32BE(data.length)
  check.writeUInt32BE(crc32(typed))
  return Buffer.concat([size, typed, check])
}

function bmp(side: number): Buffer {
  const bytes = Buffer.alloc(64)
  bytes.write('BM', 0, 'latin1')
  bytes.writeUInt32LE(64, 2)
  bytes.writeUInt32LE(54, 10)
  bytes.writeUInt32LE(40, 14)
  bytes.writeInt32LE(side, 18)
  bytes.writeInt32LE(side, 22)
  bytes.writeUInt16LE(1, 26)
  bytes.writeUInt16LE(24, 28)
  return bytes
}

function gif(side: number): Buffer {
  const size = Buffer.alloc(4)
  size.writeUInt16LE(side, 0)
  size.writeUInt16LE(side, 2)
  return Buffer.concat([
    Buffer.from('GIF89a'), size, Buffer.from([0x80, 0, 0, 0, 0, 0, 255, 255, 255]),
    Buffer.from([0x2c, 0, 0, 0, 0]), size, Buffer.from([0, 2, 2, 0x44, 1, 0, 0x3b]),
  ])
}

function webp(): Buffer {
  const frame = Buffer.from([0x2f, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 0, 0])
  const size = Buffer.alloc(4)
  size.writeUInt32LE(frame.length)
  const body = Buffer.concat([Buffer.from('WEBPVP8L'), size, frame])
  const all = Buffer.alloc(4)
  all.writeUInt32LE(body.length)
  return Buffer.concat([Buffer.from('RIFF'), all, body])
}

function y4m(header: string): Buffer {
  const frame = Buffer.concat([Buffer.from('FRAME\n'), Buffer.alloc(16 * 16 * 1.5)])
  return Buffer.concat([Buffer.from(`YUV4MPEG2 ${header} Ip A1:1 C420jpeg\n`), frame, frame, frame])
}
