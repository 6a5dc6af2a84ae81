/** Names of codecs that are no encoder's: asked for one of these, ffmpeg looks for an encoder that can do it. */
export const codecNames: ReadonlySet<string> = new Set([
  'h264', 'hevc', 'vp8', 'vp9', 'av1', 'theora', 'mp3', 'speex', 'gsm', 'jpegxl', 'webp',
  'amr_nb', 'amr_wb', 'codec2', 'ilbc', 'msmpeg4v3',
  'flv1', 'adpcm_g722', 'adpcm_g726', 'eia_608', 'hap', 'dts', 'subrip',
])
