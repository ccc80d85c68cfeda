(function () {
  "use strict";
  var box = document.getElementById("slider");
  if (!box) return;
  var rows = JSON.parse(document.getElementById("reach").textContent);
  var input = box.querySelector("input");
  var lang = document.documentElement.lang;
  function rounded(value, least) {
    var tail = Math.abs(value).toFixed(40).split(".")[1].slice(least);
    if (!/^50*$/.test(tail)) return Number(value.toFixed(least));
    var scale = Math.pow(10, least);
    return (2 * Math.round((value * scale) / 2)) / scale;
  }
  function digits(value, least) {
    var many = { minimumFractionDigits: least, maximumFractionDigits: least };
    return new Intl.NumberFormat(lang, many).format(rounded(value, least));
  }
  function shown(value, as) {
    if (as === ".0%") return digits(value * 100, 0) + "%";
    if (as === "amount") return box.dataset.sign + digits(value, Math.abs(value) < 100 && value % 1 ? 2 : 0);
    if (as === ",.1f") return digits(value, 1);
    if (lang === "zh" && Math.abs(value) >= 10000) {
      var short = { notation: "compact", maximumFractionDigits: 1 };
      return new Intl.NumberFormat(lang, short).format(value);
    }
    return digits(value, 0);
  }
  function draw() {
    var row = rows[Number(input.value)];
    box.querySelectorAll("output").forEach(function (out) {
      out.textContent = shown(row[out.dataset.name], out.dataset.as);
    });
    input.setAttribute("aria-valuetext", shown(row.share, ".0%"));
  }
  input.addEventListener("input", draw);
  box.hidden = false;
  draw();
})();
