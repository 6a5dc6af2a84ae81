import { registerStrings } from './language.js'

registerStrings({
  en: {
    'stream.title': 'Stream',
    'stream.so_far': '{time} so far',
    'stream.copy': 'Copy the address',
    'stream.waiting': 'The hub does not answer. The stream goes on by itself as soon as it does.',
    'stream.codec': 'This browser does not play this stream, for which it would take H.264. Copy the address into a player such as VLC.',
    'stream.pieces': 'This browser plays streams in pieces of fMP4, and these are MPEG-TS. Copy the address into a player such as VLC, or run it again with "Segments" set to fmp4.',
    'stream.gone': 'The stream is not there any more: its job was deleted, or begins anew.',
    'stream.broken': 'This browser cannot decode the stream. Copy the address into a player such as VLC. {detail}',
  },
  zh: {
    'stream.title': '流',
    'stream.so_far': '已生成 {time}',
    'stream.copy': '复制地址',
    'stream.waiting': '服务器没有回应。恢复后会自动继续播放。',
    'stream.codec': '此浏览器无法播放这个流（需要 H.264）。请复制地址，用 VLC 等播放器打开。',
    'stream.pieces': '此浏览器只能播放 fMP4 分段的流，而这个流是 MPEG-TS。请复制地址用 VLC 等播放器打开，或将分段格式（Segments）设为 fmp4 再运行一次。',
    'stream.gone': '这个流已不存在：任务已被删除，或正在重新运行。',
    'stream.broken': '此浏览器无法解码这个流。请复制地址，用 VLC 等播放器打开。{detail}',
  },
})
