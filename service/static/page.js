// The page is a client of the public API like any other: it posts the text and marks what comes back.
"use strict";

const form = document.getElementById("ask");
const status_ = document.getElementById("status");
const answer = document.getElementById("answer");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = document.getElementById("text").value;
  const language = document.getElementById("language").value || null;
  status_.textContent = "Reading…";
  answer.replaceChildren();
  try {
    const reply = await fetch("/v1/classify", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ text, language }) });
    const found = await reply.json();
    if (!reply.ok) throw new Error(found.detail);
    show(text, found);
  } catch (error) {
    status_.textContent = error.message;
  }
});

function show(text, found) {
  status_.textContent = Object.entries(found.summary).map(([label, count]) => `${count} ${label.replace("_", " ")}`).join(", ");
  const points = Array.from(text); // offsets count code points, a string counts UTF-16 units
  let at = 0;
  let paragraph = answer.appendChild(document.createElement("p"));
  for (const sentence of found.sentences) {
    if (points.slice(at, sentence.start).includes("\n")) paragraph = answer.appendChild(document.createElement("p"));
    else if (at) paragraph.append(" ");
    paragraph.append(mark(sentence));
    at = sentence.end;
  }
}

function mark(sentence) {
  const element = document.createElement("mark");
  element.className = sentence.label;
  element.title = `${sentence.label.replace("_", " ")} (${Math.round(100 * sentence.probability)} %), ${sentence.source}`;
  const points = Array.from(sentence.text);
  let at = 0;
  for (const cue of sentence.cues) {
    element.append(points.slice(at, cue.start).join(""));
    const word = element.appendChild(document.createElement("b"));
    word.textContent = points.slice(cue.start, cue.end).join("");
    word.title = `${cue.kind.replace("_", " ")} ${cue.weight > 0 ? "+" : ""}${cue.weight.toFixed(1)}`;
    at = cue.end;
  }
  element.append(points.slice(at).join(""));
  const note = element.appendChild(document.createElement("small"));
  note.textContent = `${Math.round(100 * sentence.probability)} % · ${sentence.source}`;
  return element;
}
