/* In the frame: tells the page around it how tall the content is, and tells it again when asked. Nothing else leaves. */
(function () {
  "use strict";
  if (window.parent === window) {
    return;
  }
  function tell() {
    const height = document.documentElement.getBoundingClientRect().height;
    window.parent.postMessage({ factcheck: "height", height: Math.ceil(height) }, "*");
  }
  new ResizeObserver(tell).observe(document.documentElement);
  addEventListener("message", function (event) {
    if (event.source === window.parent && event.data && event.data.factcheck === "ask") {
      tell();
    }
  });
})();
