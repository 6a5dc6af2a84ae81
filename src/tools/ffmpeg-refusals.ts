/** Why an option is not to be had, and the way out; undefined where ffmpeg or this hub does not know it. */
export function refusalOf(name: string): string | undefined {
  return REASONS.get(name) ?? FAMILIES.find(([prefix]) => name.startsWith(prefix))?.[1]
}

const READS_FILE = 'it reads a file; use -filter_complex with the filters themselves'
const WRITES_FILE = 'it reads or writes a file; the hub reports progress and log by itself'
const MANY_FILES = 'it belongs to formats that write many files'
const DEVICE = 'it opens a device or loads a library'
const LIMIT = 'it is one of the limits that the hub sets'
const REPORTING = 'it is the hub that sets what ffmpeg reports'
const NETWORK = 'it is about the network; ffmpeg has none here, the hub fetches the inputs'
const INPUT = 'it is about an input; use the fields of inputs: seek_seconds, duration_seconds, frame_rate, loop'

const REASONS: ReadonlyMap<string, string> = new Map([
  ['i', 'inputs are given as input_url or inputs, never in args'],
  ['f', 'the format is given as output_format, never in args'],
  ['target', 'it sets the format; use output_format and the codecs'],
  ['pass', 'two passes need a file between them; use -crf, or -b:v with -maxrate and -bufsize'],
  ...each('filter_complex_script filter_script', READS_FILE),
  ...each('attach dump_attachment pre vpre apre spre fpre passlogfile sdp_file vstats vstats_file report progress qphist', WRITES_FILE),
  ...each('start_number update header single_file', MANY_FILES),
  ...each('hwaccel hwaccel_device filter_hw_device gpu device', DEVICE),
  ...each('protocol_whitelist format_whitelist codec_whitelist max_alloc max_pixels max_streams fs timelimit', LIMIT),
  ...each('filter_threads filter_complex_threads thread_type', LIMIT),
  ...each('loglevel v debug dump hex benchmark benchmark_all cpuflags stdin stats_period h help version', REPORTING),
  ...each('re readrate stream_loop itsoffset itsscale accurate_seek probesize analyzeduration framerate safe discard', INPUT),
  ...each('thread_queue_size pattern_type graph_file autorotate noautorotate isync find_stream_info', INPUT),
  ...each('listen method headers user_agent cookies http_proxy gateway ca_file cafile key_file cert_file server timeout', NETWORK),
])

const FAMILIES: readonly (readonly [string, string])[] = [
  ['hls_', MANY_FILES], ['segment_', MANY_FILES], ['dash_', MANY_FILES], ['init_seg', MANY_FILES],
  ['media_seg', MANY_FILES], ['strftime', MANY_FILES], ['var_stream', MANY_FILES],
  ['init_hw_', DEVICE], ['vaapi_', DEVICE], ['qsv_', DEVICE], ['opencl_', DEVICE], ['omx_', DEVICE],
  ['reconnect', NETWORK], ['rtsp_', NETWORK], ['rtmp_', NETWORK], ['tls_', NETWORK],
]

function each(names: string, reason: string): readonly (readonly [string, string])[] {
  return names.split(' ').map((name) => [name, reason] as const)
}
