// JSON in its one canonical form (RFC 8785). Keys are sorted by UTF-16 and numbers are printed as ECMAScript prints them, so this language does most of it.

/** @throws {TypeError} What has no canonical form: half of a surrogate pair, a number that is not finite, something that is no JSON. */
export function canonical(value) {
  switch (typeof value) {
    case "string":
      if (!value.isWellFormed()) throw new TypeError("A text has half of a surrogate pair.");
      return JSON.stringify(value);
    case "number":
      if (!Number.isFinite(value)) throw new TypeError("A number is not finite.");
      return JSON.stringify(value);
    case "boolean":
      return String(value);
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
      return `{${Object.keys(value).filter(key => value[key] !== undefined).sort().map(key => `${canonical(key)}:${canonical(value[key])}`).join(",")}}`;
    default:
      throw new TypeError(`JSON has no ${typeof value}.`);
  }
}
