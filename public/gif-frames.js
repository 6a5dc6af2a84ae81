const MOST_PREVIEW_SIDE = 640
const FILM = /^video\//
const PICTURE = /^image\//
/** Types that browsers do not know by name. */
const PICTURE_NAME = /\.(?:png|jpe?g|webp|avif|bmp|gif|heic|heif|tiff?|jxl|qoi)$/i
const FILM_NAME = /\.(?:mp4|m4v|mov|webm|mkv|avi|ogv|ts)$/i

/** What the studio is given: pictures in an order, or one film. Tells `onChange` of each change. */
export class GifFrames {
  #onChange
  #next = 1
  /** `{ id, file, name, canvas, width, height, delay, caption, source }`; `canvas` is missing where the browser cannot show it. */
  pictures = []
  /** `{ file, name, url, source }` */
  film = undefined
  selected = undefined

  constructor(onChange) {
    this.#onChange = onChange
  }

  get isEmpty() {
    return this.film === undefined && this.pictures.length === 0
  }

  /** Resolves to the names of what is neither a picture nor a film, when all others are there. */
  async add(files) {
    const films = files.filter((file) => FILM.test(file.type) || FILM_NAME.test(file.name))
    const pictures = files.filter((file) => PICTURE.test(file.type) || PICTURE_NAME.test(file.name))
    if (pictures.length === 0 && films.length > 0) this.#takeFilm(films[0])
    else {
      if (pictures.length > 0 && this.film) this.clear()
      const added = await Promise.all(pictures.map((file) => this.#picture(file)))
      this.pictures.push(...added)
      this.selected ??= added[0]?.id
    }
    this.#onChange()
    return files.filter((file) => !films.includes(file) && !pictures.includes(file)).map(({ name }) => name)
  }

  move(id, to) {
    const from = this.pictures.findIndex((picture) => picture.id === id)
    const place = Math.max(0, Math.min(this.pictures.length - 1, to))
    if (from < 0 || from === place) return
    const [picture] = this.pictures.splice(from, 1)
    this.pictures.splice(place, 0, picture)
    this.#onChange()
  }

  remove(id) {
    const place = this.placeOf(id)
    this.pictures = this.pictures.filter((picture) => picture.id !== id)
    if (this.selected === id) this.selected = this.pictures[Math.min(place, this.pictures.length - 1)]?.id
    this.#onChange()
  }

  select(id) {
    if (this.selected === id) return
    this.selected = id
    this.#onChange()
  }

  /** Changes what is set for one picture alone. */
  change(id, values) {
    Object.assign(this.pictures[this.placeOf(id)] ?? {}, values)
    this.#onChange()
  }

  placeOf(id) {
    return this.pictures.findIndex((picture) => picture.id === id)
  }

  clear() {
    if (this.film) URL.revokeObjectURL(this.film.url)
    this.film = undefined
    this.pictures = []
    this.selected = undefined
    this.#onChange()
  }

  #takeFilm(file) {
    this.clear()
    this.film = { file, name: file.name, url: URL.createObjectURL(file), source: undefined }
  }

  async #picture(file) {
    const common = { id: this.#next++, file, name: file.name || 'pasted.png', delay: undefined, caption: '', source: undefined }
    const bitmap = await createImageBitmap(file).catch(() => undefined)
    if (!bitmap) return common
    const scale = Math.min(1, MOST_PREVIEW_SIDE / Math.max(bitmap.width, bitmap.height))
    const canvas = document.createElement('canvas')
    canvas.width = Math.max(1, Math.round(bitmap.width * scale))
    canvas.height = Math.max(1, Math.round(bitmap.height * scale))
    canvas.getContext('2d').drawImage(bitmap, 0, 0, canvas.width, canvas.height)
    const { width, height } = bitmap
    bitmap.close()
    return { ...common, canvas, width, height }
  }
}
