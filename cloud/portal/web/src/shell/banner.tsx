/** Says who is looking with leave, or where one is with leave; nothing when neither is so. */
export default function Banner() {
  return null;
}
