#include "gantrain/base/shard.h"

#include "gantrain/base/check.h"

Range range_part(size_t total, size_t parts, size_t index) {
  GT_CHECK(index < parts, "part %zu of %zu", index, parts);
  size_t share = total / parts;
  size_t longer = total % parts; /* the first `longer` parts have one more */
  size_t before = index < longer ? index : longer;
  return (Range){.first = index * share + before, .count = share + (index < longer ? 1 : 0)};
}
