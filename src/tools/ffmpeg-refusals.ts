/** Why an option is not to be had, and the way out; undefined where ffmpeg or this hub does not know it. */
export function refusalOf(name: string): string | undefined {
  return REFUSALS.find(([names]) => names.test(name))?.[1]
}

const REFUSALS: readonly (readonly [RegExp, string])[] = [
  [/^i$/, 'inputs are given as input_url or inputs, never in args'],
  [/^f$/, 'the format is given as output_format, never in args'],
  [/^target$/, 'it sets the format; use output_format and the codecs'],
  [/^(filter_complex_script|filter_script)$|^\//, 'it reads a file; use -filter_complex with the filters themselves'],
  [/^(attach|dump_attachment|[vasf]?pre|passlogfile|sdp_file|vstats(_file|_version)?|stats|report|progress|qphist|psnr)$/,
    'it reads or writes a file; the hub reports progress and log by itself'],
  [/^pass$/, 'two passes need a file between them; use -crf, or -b:v with -maxrate and -bufsize'],
  [/^(hls_|segment_|dash_|seg_|init_seg|media_seg|strftime|master_|var_stream|adaptation|single_file|update|start_number|atomic_writing|header)/,
    'it belongs to formats that write many files'],
  [/^(init_hw_device|filter_hw_device|hwaccel|vaapi_|qsv_|opencl_|gpu|omx_|device|window_)/, 'it opens a device or loads a library'],
  [/^(protocol_whitelist|format_whitelist|codec_whitelist|protocol_blacklist|max_alloc|max_pixels|max_streams|fs|limit_filesize|timelimit)$/,
    'it is one of the limits that the hub sets'],
  [/^(loglevel|v|debug|dump|hex|benchmark|benchmark_all|cpuflags|cpucount|stdin|cmdtag|stats_period|h|help|version|buildconf)$/,
    'it is the hub that sets what ffmpeg reports'],
  [/^(re|readrate|stream_loop|itsoffset|itsscale|ss_input|seek_timestamp|accurate_seek|noaccurate_seek|probesize|analyzeduration|framerate|thread_queue_size|safe|pattern_type|graph_file|discard|noautorotate|autorotate|isync|find_stream_info)$/,
    'it is about an input; use the fields of inputs: seek_seconds, duration_seconds, frame_rate, loop'],
  [/^(listen|method|headers|user_agent|cookies|http_proxy|gateway|ca_file|cafile|key_file|cert_file|tls_verify|post_data|server|timeout|rw_timeout|reconnect)/,
    'it is about the network; ffmpeg has none here, the hub fetches the inputs'],
  [/^(filter_threads|filter_complex_threads|filter_nbthreads|thread_type)$/, 'the hub decides how the work is shared out'],
]
