import { AOM_KEYS, SVT_AV1_KEYS, X264_KEYS, X265_KEYS } from './encoder-parameters.ts'
import {
  amount, anyOf, decimal, duration, flags, frameRate, oneOf, parameters, pattern, pictureSize, wholeNumber,
} from './option-values.ts'
import type { ValueRule } from './option-values.ts'

/** `flag` takes no value; `graph` takes filters and `map` names inputs, which the walk judges itself. */
export type OptionRule = ValueRule | 'flag' | 'graph' | 'map'

/** What an output option takes, by its name without dash and stream; undefined where a request may not give it. */
export function findOption(name: string): OptionRule | undefined {
  return OPTIONS.get(name)
}

export function optionNames(): readonly string[] {
  return [...OPTIONS.keys()]
}

/** Words in any order, such as a profile or a name of ffmpeg's own. */
const word = pattern(/^[A-Za-z0-9+-][A-Za-z0-9_.+-]{0,31}$/, 'a plain word or number')
const onOff = oneOf('0', '1', 'true', 'false')
const bitRate = amount(2e9, 'a rate such as 128k or 2.5M')
const quality = decimal(-1, 1000)

/** Names of encoders; those that open a device or load a library of the request's choice are refused. */
const codec: ValueRule = (value) => {
  if (!/^[a-z0-9_-]{1,40}$/.test(value)) return 'takes the name of an encoder, such as libx264, or copy'
  return /_(omx|vaapi|qsv|nvenc|v4l2m2m|cuvid|amf|mf|videotoolbox|mediacodec|vulkan|d3d12va|rkmpp|oh)$|^nvenc/.test(value)
    ? 'takes no encoder that opens a device'
    : undefined
}

const metadata = pattern(/^[^=\0]{1,100}=/, 'key=value')
const dispositions = pattern(/^(0|[+-]?[a-z_]{1,30}([+-][a-z_]{1,30})*)$/, '0 or names such as default+forced')

const bitstreamFilters: ValueRule = (value) => {
  const isKnown = value.split(',').every((filter) => {
    const [name = '', ...options] = filter.split(/[=:](?=[a-z0-9_]+=|$)/)
    return BITSTREAM_FILTERS.includes(name) && options.every((option) => /^[a-z0-9_]+=([A-Za-z0-9_+|-][A-Za-z0-9_.+|-]{0,39}|\d{1,9}\/\d{1,9})$/.test(option))
  })
  return isKnown ? undefined : `takes bitstream filters out of ${BITSTREAM_FILTERS.join(', ')}`
}

const BITSTREAM_FILTERS: readonly string[] = [
  'aac_adtstoasc', 'av1_frame_merge', 'av1_frame_split', 'av1_metadata', 'dca_core', 'dump_extra', 'eac3_core', 'extract_extradata',
  'filter_units', 'h264_metadata', 'h264_mp4toannexb', 'h264_redundant_pps', 'hevc_metadata', 'hevc_mp4toannexb', 'mjpeg2jpeg',
  'mov2textsub', 'mp3decomp', 'mpeg2_metadata', 'mpeg4_unpack_bframes', 'null', 'opus_metadata', 'pcm_rechunk', 'prores_metadata',
  'remove_extra', 'text2movsub', 'truehd_core', 'vp9_metadata', 'vp9_raw_reorder', 'vp9_superframe', 'vp9_superframe_split',
]

/** Times, or an expression in plain characters without loops; `source` copies the input's. */
const keyFrames: ValueRule = (value) => {
  const isTimes = value.split(',').every((time) => duration(time) === undefined)
  const isExpression = /^expr:[a-z0-9_+\-(][a-z0-9_+\-*/().,<>= ]{0,199}$/i.test(value)
    && !/(while|taylor|root|st|ld|print)\(/.test(value.replaceAll(' ', ''))
  return isTimes || isExpression || /^(source|chapters)$/.test(value) ? undefined : 'takes times such as 0,5,10 or expr:gte(t,n_forced*2)'
}

const OPTIONS: ReadonlyMap<string, OptionRule> = new Map<string, OptionRule>([
  ...each('vn an sn dn shortest bitexact copyts start_at_zero', 'flag' as const),
  ...each('vf af filter filter_complex lavfi', 'graph' as const),
  ['map', 'map'],

  ...each('c codec vcodec acodec scodec', codec),
  ...each('b ab vb minrate maxrate bufsize bt maxrate rc_init_occupancy', bitRate),
  ...each('crf qp cq', decimal(-1, 255)),
  ...each('q qscale aq', quality),
  ['preset', word],
  ...each('tune profile level', word),
  ['pix_fmt', pattern(/^\+?[a-z0-9_]{1,32}$|^\+$/, 'the name of a pixel format, such as yuv420p')],
  ...each('r fpsmax', frameRate),
  ['s', pictureSize],
  ['aspect', pattern(/^\d{1,5}(\.\d{1,6})?([:/]\d{1,5})?$/, 'a ratio such as 16:9')],
  ['ar', wholeNumber(8000, 192_000)],
  ['ac', wholeNumber(1, 64)],
  ['sample_fmt', oneOf('u8', 's16', 's32', 'flt', 'dbl', 'u8p', 's16p', 's32p', 'fltp', 'dblp', 's64', 's64p')],
  ...each('channel_layout ch_layout', pattern(/^[A-Za-z0-9.()+ ]{1,64}$/, 'a layout such as mono, stereo or 5.1')),

  ...each('t ss to', duration),
  ...each('frames vframes aframes dframes', wholeNumber(1, 10_000_000)),
  ['timestamp', pattern(/^(now|[\d:.TZ -]{1,40})$/, 'a date such as 2026-01-31T12:00:00Z')],
  ['map_metadata', pattern(/^-?\d{1,3}(:(g|s(:[vasd](:\d{1,3})?|:\d{1,3})?|c:\d{1,3}|p:\d{1,3}))?$/, '-1 or the number of an input')],
  ['map_chapters', pattern(/^-?\d{1,3}$/, '-1 or the number of an input')],
  ['metadata', metadata],
  ['disposition', dispositions],
  ...each('tag vtag atag', pattern(/^[A-Za-z0-9]{4}$/, 'four letters such as hvc1')),
  ...each('bsf absf vbsf', bitstreamFilters),

  ...each('g keyint_min', wholeNumber(0, 100_000)),
  ...each('bf refs b_strategy', wholeNumber(-1, 16)),
  ...each('sc_threshold me_range subq trellis rc-lookahead slices dc aq-mode weightp direct-pred motion-est', wholeNumber(-1, 100_000_000)),
  ...each('qmin qmax qdiff mbd', wholeNumber(-1, 1024)),
  ...each('qcomp qblur i_qfactor b_qfactor i_qoffset b_qoffset aq-strength crf_max', decimal(-100, 100)),
  ...each('me_method cmp subcmp partitions psy-rd nal-hrd', pattern(/^[A-Za-z0-9_+.,-]{1,40}$/, 'a plain word')),
  ...each('8x8dct mbtree fast-pskip psy intra-refresh weightb mixed-refs aud forced-idr b-pyramid wpredp a53cc', word),
  ['deblock', pattern(/^-?\d{1,2}[:,]-?\d{1,2}$/, 'two numbers such as 1:1')],
  ['force_key_frames', keyFrames],
  ['threads', wholeNumber(0, 16)],
  ['slicecrc', onOff],
  ['coder', word],
  ['context', wholeNumber(0, 1)],
  ...each('x264-params x264opts', parameters(X264_KEYS)),
  ['x265-params', parameters(X265_KEYS)],
  ['svtav1-params', parameters(SVT_AV1_KEYS)],
  ['aom-params', parameters(AOM_KEYS)],

  ['deadline', oneOf('good', 'best', 'realtime', '0', '1', '1000000')],
  ['quality', anyOf('good, best, realtime or a number from 0 to 100', oneOf('good', 'best', 'realtime'), decimal(0, 100))],
  ...each('cpu-used speed', wholeNumber(-16, 16)),
  ...each('row-mt frame-parallel auto-alt-ref enable-cdef enable-restoration', wholeNumber(-1, 8)),
  ...each('tile-columns tile-rows lag-in-frames arnr-maxframes arnr-strength undershoot-pct overshoot-pct', wholeNumber(-1, 10_000)),
  ['tiles', pattern(/^\d{1,2}x\d{1,2}$/, 'columns x rows')],
  ...each('usage static-thresh max-intra-rate noise-sensitivity sharpness', word),
  ...each('error-resilient', word),
  ...each('lossless', wholeNumber(-1, 100)),

  ['application', oneOf('voip', 'audio', 'lowdelay')],
  ['vbr', pattern(/^(on|off|constrained|[0-5])$/, 'on, off, constrained or 0 to 5')],
  ['abr', onOff],
  ...each('joint_stereo reservoir', onOff),
  ['cutoff', wholeNumber(0, 96_000)],
  ...each('frame_duration packet_loss', decimal(0, 120)),
  ...each('fec mapping_family apply_phase_inv', wholeNumber(-1, 255)),
  ['compression_level', decimal(0, 100)],
  ['aac_coder', oneOf('anmr', 'twoloop', 'fast')],
  ...each('aac_ms aac_is aac_pns aac_tns aac_ltp aac_pred', onOff),
  ...each('lpc_type lpc_passes min_prediction_order max_prediction_order prediction_order_method ch_mode', word),
  ...each('dialnorm center_mixlev surround_mixlev per_frame_metadata dsur_mode', decimal(-100, 100)),

  ['strict', oneOf('-2', '-1', '0', '1', '2', 'experimental', 'unofficial', 'normal', 'strict', 'very')],
  ['async', wholeNumber(0, 100_000)],
  ...each('vsync fps_mode', oneOf('auto', 'cfr', 'vfr', 'passthrough', 'drop', '-1', '0', '1', '2')),
  ...each('loop plays', wholeNumber(-1, 65_535)),
  ['final_delay', wholeNumber(-1, 65_535)],
  ...each('colorspace color_primaries color_trc color_range chroma_sample_location field_order', word),
  ...each('pred huffman dpi dpm quant_mat vendor alpha_bits mbs_per_slice', word),
  ['top', wholeNumber(-1, 1)],
  ['sws_flags', pattern(/^\+?[a-z_]{1,30}([+|][a-z_]{1,30})*$/, 'names such as lanczos+accurate_rnd')],
  ['flags', flags(
    'bitexact', 'cgop', 'global_header', 'ildct', 'ilme', 'loop', 'low_delay', 'gray', 'mv4', 'qpel', 'aic', 'psnr', 'qscale',
    'gmc', 'drop_changed',
  )],
  ['flags2', flags('fast', 'local_header', 'noout', 'ignorecrop', 'showall', 'export_mvs')],
  ['fflags', flags('bitexact', 'genpts', 'flush_packets', 'shortest', 'autobsf', 'igndts', 'discardcorrupt')],
  ['movflags', flags(
    'faststart', 'frag_keyframe', 'empty_moov', 'default_base_moof', 'use_metadata_tags', 'negative_cts_offsets',
    'frag_every_frame', 'separate_moof', 'isml', 'disable_chpl', 'dash', 'cmaf', 'global_sidx', 'write_colr', 'prefer_icc',
    'write_gama', 'frag_discont', 'delay_moov', 'skip_sidx', 'skip_trailer', 'omit_tfhd_offset',
  )],
  ...each('brand video_track_timescale movie_timescale write_tmcd write_btrt use_editlist frag_duration min_frag_duration frag_size', word),
  ...each('id3v2_version write_id3v1 write_id3v2 write_xing write_apetag rf64 write_bext write_peak write_header write_index', word),
  ...each('cues_to_front reserve_index_space cluster_size_limit cluster_time_limit default_mode dash live write_crc32', word),
  ...each('mpegts_flags pat_period sdt_period mpegts_m2ts_mode muxrate mpegts_service_id muxdelay muxpreload page_duration', word),
  ...each('gifflags allow_raw_vfw flvflags serial_offset oggpagesize pagesize', word),
  ['timecode', pattern(/^\d{2}:\d{2}:\d{2}[:;.]\d{2}$/, 'a time code such as 01:00:00:00')],
  ...each('avoid_negative_ts max_interleave_delta audio_preload chunk_duration', word),
  ['max_muxing_queue_size', wholeNumber(1, 10_000)],
  ['enc_time_base', pattern(/^-?\d{1,7}([:/]\d{1,7})?$/, 'a ratio such as 1/25')],
  ...each('autoscale', onOff),
])

function each<Rule extends OptionRule>(names: string, rule: Rule): readonly (readonly [string, Rule])[] {
  return names.split(' ').map((name) => [name, rule] as const)
}
