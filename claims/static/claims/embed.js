/* For pages that embed a verdict: makes each frame as tall as its content. Without it the frame keeps its height and
   scrolls. Only the frame itself, from its own origin, is believed, and only a number is taken from it. */
(function () {
  "use strict";
  if (window.factcheckEmbeds) {
    return;
  }
  window.factcheckEmbeds = true;
  function frames() {
    return document.querySelectorAll("iframe[data-factcheck]");
  }
  addEventListener("message", function (event) {
    const height = event.data && event.data.factcheck === "height" ? Number(event.data.height) : NaN;
    if (!Number.isFinite(height)) {
      return;
    }
    for (const frame of frames()) {
      if (frame.contentWindow === event.source && new URL(frame.src).origin === event.origin) {
        frame.height = String(Math.min(Math.max(Math.ceil(height), 60), 4000));
      }
    }
  });
  for (const frame of frames()) {
    frame.contentWindow.postMessage({ factcheck: "ask" }, new URL(frame.src).origin);
  }
})();
