/**
 * A reason not to review, or not to comment, that the reader can do something about.
 *
 * The message is one sentence: what, where, remedy. It never quotes the content of a file, nor a token.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
}
