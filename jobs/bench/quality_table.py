#!/usr/bin/python3
"""quality_table.py FOLDER: the results of jobs/bench/quality.sh as tables in Markdown, one for each data set.

FOLDER/DATA/PRESET/SEED.json is what `gantrain eval --json` wrote. Mean and standard deviation over the seeds; beside
distances the ratio to the floor of the same data, beside precision and recall the share of it.
"""
import json
import pathlib
import statistics
import sys


def spread(values, digits):
    mean = statistics.mean(values)
    return f"{mean:.{digits}f}" + (f" ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else "")


def column(results, figure):
    return [result["figures"][figure] for result in results], [result["floor"][figure] for result in results]


def row(name, results):
    distance, floor = column(results, "frechet_distance")
    ratios = [value / one for value, one in zip(distance, floor)]
    cells = [name, str(len(results)), spread(distance, 2), spread(ratios, 1)]
    for figure in ("precision", "recall"):
        values, floors = column(results, figure)
        cells.append(spread([value / one for value, one in zip(values, floors)], 2))
    shares = [share for result in results for share in result.get("class_shares", [])]
    cells.append(f"{100 * min(shares):.1f} to {100 * max(shares):.1f}" if shares else "")
    return "| " + " | ".join(cells) + " |"


def main():
    for data in sorted(path for path in pathlib.Path(sys.argv[1]).iterdir() if path.is_dir()):
        print(f"{data.name}:\n\n| preset | seeds | Fréchet distance | of its floor | precision, of its floor | recall | % of a class |")
        print("|---|---|---|---|---|---|---|")
        for preset in sorted(path for path in data.iterdir() if path.is_dir()):
            results = [json.loads(path.read_text()) for path in sorted(preset.glob("*.json"))]
            if results:
                print(row(preset.name, results))
        print()


main()
