/** Filters that make picture or sound out of nothing. Without a duration they never end. */
export const SOURCE_FILTERS: Readonly<Record<string, string>> = {
  aevalsrc: 'exprs nb_samples|n sample_rate|s duration|d channel_layout|c',
  anoisesrc: 'sample_rate|r amplitude|a duration|d color|colour|c seed|s nb_samples|n',
  anullsrc: 'channel_layout|cl sample_rate|r nb_samples|n duration|d',
  color: 'color|c size|s rate|r duration|d sar',
  gradients: 'size|s rate|r c0 c1 c2 c3 c4 c5 c6 c7 x0 y0 x1 y1 nb_colors|n seed duration|d speed type|t',
  nullsrc: 'size|s rate|r duration|d sar',
  rgbtestsrc: 'size|s rate|r duration|d sar complement|co',
  sine: 'frequency|f beep_factor|b sample_rate|r duration|d samples_per_frame',
  smptebars: 'size|s rate|r duration|d sar',
  smptehdbars: 'size|s rate|r duration|d sar',
  testsrc: 'size|s rate|r duration|d sar decimals|n',
  testsrc2: 'size|s rate|r duration|d sar alpha',
}

/** Filters that draw sound. */
export const SOUND_PICTURE_FILTERS: Readonly<Record<string, string>> = {
  ahistogram: 'dmode rate|r size|s scale ascale acount rheight slide hmode',
  aphasemeter: 'rate|r size|s rc gc bc mpc video phasing tolerance|t angle|a duration|d',
  avectorscope: 'mode|m rate|r size|s rc gc bc ac rf gf bf af zoom draw scale swap mirror',
  showfreqs: 'size|s rate|r mode ascale fscale win_size win_func overlap averaging colors cmode minamp data channels',
  showspectrum:
    'size|s slide mode color scale fscale saturation win_func orientation overlap gain data rotation start '
    + 'stop fps legend drange limit opacity',
  showspectrumpic:
    'size|s mode color scale fscale saturation win_func orientation gain legend rotation start stop drange '
    + 'limit opacity',
  showvolume: 'rate|r b w h f c t v dm dmc o s p m ds',
  showwaves: 'size|s mode n rate|r split_channels colors scale draw',
  showwavespic: 'size|s split_channels colors scale draw filter',
}
