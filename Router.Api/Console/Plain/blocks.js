// Stands where a build without npm has no Markdown.

export { blocks } from "./plain.js";

export const notice = "Markdown is shown as it was written: this router was built without npm.";
