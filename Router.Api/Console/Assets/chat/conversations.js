// The conversations and where they are kept: each under a name of its own, so that two tabs do not write over each other's.

import { forget, names, read, watch, write } from "../page/store.js";

const folder = "chat.";
const most = { conversations: 50, messages: 400, characters: 100_000, title: 80 };

const isMessage = value => (value?.role === "user" || value?.role === "assistant") && typeof value.content === "string" && value.content.length <= most.characters;

/** A conversation as it was kept; null when something else lies there. */
function check(value, name) {
  if (typeof value?.title !== "string" || !Number.isFinite(value.at) || !Array.isArray(value.messages) || folder + value.id !== name) return null;
  return { id: value.id, title: value.title.slice(0, most.title), at: value.at, messages: value.messages.filter(isMessage).slice(-most.messages) };
}

export const create = () => ({ id: crypto.getRandomValues(new Uint32Array(2)).join("-"), title: "", at: Date.now(), messages: [] });

/** What is kept, newest first. */
export const list = () => names(folder).map(name => check(read(name), name)).filter(Boolean).sort((a, b) => b.at - a.at);

/** Keeps a conversation that has something in it; the oldest go where there are too many, or too little room. False when it could not be kept. */
export function save(conversation) {
  if (conversation.messages.length === 0) return true;
  conversation.title ||= titleOf(conversation);
  const others = list().filter(other => other.id !== conversation.id);
  while (others.length >= most.conversations) forget(folder + others.pop().id);
  const kept = { ...conversation, messages: conversation.messages.filter(isMessage).slice(-most.messages) };
  while (!write(folder + conversation.id, kept)) {
    if (others.length === 0) return false;
    forget(folder + others.pop().id);
  }
  return true;
}

export function rename(conversation, title) {
  conversation.title = title.trim().slice(0, most.title) || titleOf(conversation);
  save(conversation);
}

export const remove = conversation => forget(folder + conversation.id);

export const onOtherTab = changed => watch(folder, changed);

const titleOf = conversation => conversation.messages[0].content.replace(/\s+/g, " ").trim().slice(0, most.title);
