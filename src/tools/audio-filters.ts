/**
 * Audio filters that touch nothing but frames, with the options a request may give. Positional ones come first, in
 * ffmpeg's order; after the slash stand those that need their key. `|` parts the spellings of one option. What reads
 * or writes a file is left out, as is the order behind it.
 */
export const AUDIO_FILTERS: Readonly<Record<string, string>> = {
  acompressor: 'level_in mode threshold ratio attack release makeup knee link detection level_sc mix',
  acontrast: 'contrast',
  acopy: '',
  acrossfade: 'nb_samples|ns duration|d overlap|o curve1|c1 curve2|c2',
  acrusher: 'level_in level_out bits mix mode dc aa samples lfo lforange lforate',
  adeclick: 'window|w overlap|o arorder|a threshold|t burst|b method|m',
  adeclip: 'window|w overlap|o arorder|a threshold|t hsize|n method|m',
  adelay: 'delays all',
  aecho: 'in_gain out_gain delays decays',
  aexciter: 'level_in level_out amount drive blend freq ceil listen',
  afade: 'type|t start_sample|ss nb_samples|ns start_time|st duration|d curve|c',
  afftdn:
    'noise_reduction|nr noise_floor|nf noise_type|nt band_noise|bn residual_floor|rf track_noise|tn '
    + 'track_residual|tr output_mode|om adaptivity|ad floor_offset|fo noise_link|nl band_multiplier|bm '
    + 'sample_noise|sn gain_smooth|gs',
  aformat: 'sample_fmts|f sample_rates|r channel_layouts|cl',
  afreqshift: 'shift level order',
  agate: 'level_in mode range threshold ratio attack release makeup knee detection link level_sc',
  ainterleave: 'nb_inputs|n duration',
  alimiter: 'level_in level_out limit attack release asc asc_level level latency',
  allpass: 'frequency|f width_type|t width|w mix|m channels|c normalize|n order|o transform|a precision|r',
  aloop: 'loop size start',
  amerge: 'inputs',
  ametadata: 'mode key value / function expr direct',
  amix: 'inputs duration dropout_transition weights normalize',
  anequalizer: 'params curves size mgain fscale colors',
  anlmdn: 'strength|s patch|p research|r output|o smooth|m',
  anull: '',
  apad: 'packet_size pad_len whole_len pad_dur whole_dur',
  aphaser: 'in_gain out_gain delay decay speed type',
  apulsator: 'level_in level_out mode amount offset_l offset_r width timing bpm ms hz',
  aresample:
    'sample_rate / async resampler first_pts min_comp min_hard_comp comp_duration max_soft_comp '
    + 'out_sample_rate|osr out_sample_fmt|osf out_channel_layout|ocl out_chlayout|ochl dither_method '
    + 'dither_scale filter_size phase_shift cutoff precision cheby matrix_encoding center_mix_level|clev '
    + 'surround_mix_level|slev lfe_mix_level',
  aselect: 'expr|e outputs|n',
  asetnsamples: 'nb_out_samples|n pad|p',
  asetpts: 'expr',
  asetrate: 'sample_rate|r',
  asettb: 'expr|tb',
  asoftclip: 'type threshold output param oversample',
  asplit: 'outputs',
  astats: 'length metadata reset measure_perchannel measure_overall',
  asubboost: 'dry wet boost decay feedback cutoff slope delay channels',
  atempo: 'tempo',
  atrim: 'start|starti end|endi start_pts end_pts duration|durationi start_sample end_sample',
  bandpass: 'frequency|f width_type|t width|w csg mix|m channels|c normalize|n transform|a precision|r blocksize|b',
  bandreject: 'frequency|f width_type|t width|w mix|m channels|c normalize|n transform|a precision|r blocksize|b',
  bass:
    'frequency|f width_type|t width|w gain|g poles|p mix|m channels|c normalize|n transform|a precision|r '
    + 'blocksize|b',
  biquad: 'a0 a1 a2 b0 b1 b2 mix|m channels|c normalize|n transform|a precision|r blocksize|b',
  bs2b: 'profile fcut feed',
  channelmap: 'map channel_layout',
  channelsplit: 'channel_layout channels',
  chorus: 'in_gain out_gain delays decays speeds depths',
  compand: 'attacks decays points soft-knee gain volume delay',
  crossfeed: 'strength range slope level_in level_out block_size',
  crystalizer: 'i c',
  dcshift: 'shift limitergain',
  deesser: 'i m f s',
  dialoguenhance: 'original enhance voice',
  dynaudnorm:
    'framelen|f gausssize|g peak|p maxgain|m targetrms|r coupling|n correctdc|c altboundary|b compress|s '
    + 'threshold|t channels|h overlap|o',
  earwax: '',
  ebur128: 'video size meter framelog metadata peak dualmono panlaw target gauge scale',
  equalizer: 'frequency|f width_type|t width|w gain|g mix|m channels|c normalize|n transform|a precision|r blocksize|b',
  extrastereo: 'm c',
  firequalizer: 'gain gain_entry / delay accuracy wfunc fixed multi zero_phase scale fft2 min_phase',
  flanger: 'delay depth regen width speed shape phase interp',
  haas:
    'level_in level_out side_gain middle_source middle_phase left_delay left_balance left_gain left_phase '
    + 'right_delay right_balance right_gain right_phase',
  highpass: 'frequency|f width_type|t width|w poles|p mix|m channels|c normalize|n transform|a precision|r blocksize|b',
  highshelf:
    'frequency|f width_type|t width|w gain|g poles|p mix|m channels|c normalize|n transform|a precision|r '
    + 'blocksize|b',
  join: 'inputs channel_layout map',
  loudnorm:
    'I|i LRA|lra TP|tp measured_I|measured_i measured_LRA|measured_lra measured_TP|measured_tp '
    + 'measured_thresh offset linear dual_mono print_format',
  lowpass: 'frequency|f width_type|t width|w poles|p mix|m channels|c normalize|n transform|a precision|r blocksize|b',
  lowshelf:
    'frequency|f width_type|t width|w gain|g poles|p mix|m channels|c normalize|n transform|a precision|r '
    + 'blocksize|b',
  pan: 'args',
  rubberband: 'tempo pitch transients detector phase window smoothing formant pitchq channels',
  sidechaincompress: 'level_in mode threshold ratio attack release makeup knee link detection level_sc mix',
  sidechaingate: 'level_in mode range threshold ratio attack release makeup knee detection link level_sc',
  silencedetect: 'n|noise d|duration mono|m',
  silenceremove:
    'start_periods start_duration start_threshold start_silence start_mode stop_periods stop_duration '
    + 'stop_threshold stop_silence stop_mode detection window',
  speechnorm: 'peak|p expansion|e compression|c threshold|t raise|r fall|f channels|h invert|i link|l',
  stereotools:
    'level_in level_out balance_in balance_out softclip mutel muter phasel phaser mode slev sbal mlev mpan '
    + 'base delay sclevel phase bmode_in bmode_out',
  stereowiden: 'delay feedback crossfeed drymix',
  superequalizer: '1b 2b 3b 4b 5b 6b 7b 8b 9b 10b 11b 12b 13b 14b 15b 16b 17b 18b',
  treble:
    'frequency|f width_type|t width|w gain|g poles|p mix|m channels|c normalize|n transform|a precision|r '
    + 'blocksize|b',
  tremolo: 'f d',
  vibrato: 'f d',
  virtualbass: 'cutoff strength',
  volume: 'volume precision eval replaygain replaygain_preamp replaygain_noclip',
  volumedetect: '',
}
