// Search in pages that are opened from a folder. A browser starts no worker there, so the
// worker's script runs in a hidden frame instead. On a server this file does nothing.
const load = (inner, url) => new Promise((resolve, reject) => {
  const script = inner.document.createElement("script")
  script.onload = resolve
  script.onerror = reject
  script.src = url
  inner.document.documentElement.append(script)
})

class FrameWorker extends EventTarget {
  constructor(url) {
    super()
    const frame = document.createElement("iframe")
    frame.hidden = true
    document.body.append(frame)
    const inner = frame.contentWindow
    inner.importScripts = (...urls) =>
      urls.reduce((before, each) => before.then(() => load(inner, each)), Promise.resolve())
    inner.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }))
    this.ready = load(inner, url).then(() => inner)
  }

  postMessage(data) {
    this.ready.then(inner => inner.dispatchEvent(new MessageEvent("message", { data })))
  }
}

if (location.protocol === "file:") window.Worker = FrameWorker
