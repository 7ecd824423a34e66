"""How often the loop detector is wrong: on read text, on generated conversation, on loops that are there.

    python tests/bench/loop_rates.py [--read FILE]... [--hours 60]

Read text is cut into windows of 265 s at a reader's pace; give any public text, such as what Debian packages
hold (`bible-kjv-text` by `bible -f gen1:1-rev22:21`; the files of `fortunes-ru`).  Conversation is generated, since
no package holds one: one channel of a telephone call, whose words are drawn by their frequency in speech and
subtitles (`wordfreq`, the extra `words`), with what people do in talk: listener's words in runs, restarts, a phrase
said two or three times, laughter.  Runs of four and more of one word come as often as in real calls, in 17 % of windows.
Loops are made of 1 to 40 words, 4 times and more, within clean words.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.domain import Transcript
from bench.quality.loops import detect, repetition
from bench.quality.repetition import runs

WINDOW_SECONDS = 265.0
READ_WORDS_A_MINUTE = 140
TALK_WORDS_A_MINUTE = (20, 190)  # one channel: from a listener's to a talker's
BACKCHANNEL = {
    "en": ("yeah", "uh huh", "right", "mm", "okay", "oh", "yes", "no", "sure", "i see", "really", "wow"),
    "ru": ("да", "угу", "ага", "ну да", "нет", "ну", "понятно", "ясно", "хорошо", "конечно", "вот", "правда"),
}
LAUGHTER = {"en": "ha", "ru": "ха"}


def read_windows(text: str) -> Iterator[str]:
    """The text in windows of 265 s, read aloud."""
    text = re.sub(
        r"\b\w{1,4}\d+:\d+\b|^%$|^\s*--.*$|[^\w\s.,:;!?'-]|([^\w\s])(?=\1)", " ", text, flags=re.MULTILINE
    )
    words = [word for word in text.split() if any(map(str.isalnum, word))]
    size = round(READ_WORDS_A_MINUTE * WINDOW_SECONDS / 60)
    for at in range(0, len(words) - size + 1, size):
        yield " ".join(words[at : at + size])


class Talk:
    """A generator of one channel of telephone talk in a language."""

    def __init__(self, language: str, seed: int) -> None:
        import wordfreq

        self.language, self.random = language, random.Random(seed)
        self.words = wordfreq.top_n_list(language, 20_000)
        self.weights = [wordfreq.word_frequency(word, language) for word in self.words]

    def window(self) -> str:
        """What one side of a call says in 265 s."""
        listening = self.random.random()
        pace = TALK_WORDS_A_MINUTE[0] + (TALK_WORDS_A_MINUTE[1] - TALK_WORDS_A_MINUTE[0]) * (1 - listening)
        wanted = round(pace * WINDOW_SECONDS / 60)
        said: list[str] = []
        while len(said) < wanted:
            said += self._listener() if self.random.random() < 0.15 + 0.8 * listening else self._talker()
        return " ".join(said)

    def _listener(self) -> list[str]:
        """A word or two of assent, said again with probability 0.09 each time; laughter now and then."""
        if self.random.random() < 0.005:
            return [LAUGHTER[self.language]] * self.random.randint(2, 7)
        word = self.random.choices(BACKCHANNEL[self.language], weights=range(12, 0, -1))[0]
        times = 1
        while self.random.random() < 0.09:
            times += 1
        return word.split() * times

    def _talker(self) -> list[str]:
        """An utterance with restarts: a word or a phrase said two or three times."""
        words = self.random.choices(self.words, self.weights, k=self.random.randint(3, 18))
        found: list[str] = []
        at = 0
        while at < len(words):
            size = self.random.choice((1, 1, 1, 2, 3))
            times = 1
            while self.random.random() < 0.03:
                times += 1
            found += words[at : at + size] * times
            at += size
        return found


def conversation_windows(hours: float) -> Iterator[str]:
    """Windows of generated talk, half English and half Russian."""
    for language in ("en", "ru"):
        talk = Talk(language, seed=11)
        for _ in range(round(hours * 3600 / WINDOW_SECONDS / 2)):
            yield talk.window()


def looped(seed: int, size: int, times: int) -> tuple[str, str]:
    """A clean text with a loop of a phrase of so many words in its middle: (text, phrase)."""
    chosen = random.Random(f"{seed} {size} {times}")
    words = [f"слово{chosen.randrange(10**6)}" for _ in range(200 + size)]
    phrase = words[200:]
    return " ".join([*words[:100], *phrase * times, *words[100:200]]), " ".join(phrase)


def missed() -> tuple[int, int, int, int]:
    """(loops made, found and named as the longest run, long enough to count as a loop, judged so)."""
    made = named = long = judged = 0
    for size in range(1, 41):
        for times in (4, 5, 8, 20):
            text, phrase = looped(7, size, times)
            report = detect(Transcript(text=text), None)
            made += 1
            words = text.split()
            found = repetition(words)
            named += found is not None and (" ".join(words[found[0] :][: found[1]]), found[2]) == (
                phrase,
                times,
            )
            if size * times >= 12:
                long += 1
                judged += (report.phrase, report.repeats) == (phrase, times)
    return made, named, long, judged


def rates(name: str, windows: Iterator[str], *, verbose: bool) -> None:
    """A row: windows, hours, flagged, by which signs; and how many have a word four times in a row."""
    total = flagged = four = 0
    signs: Counter[str] = Counter()
    for text in windows:
        report = detect(Transcript(text=text), WINDOW_SECONDS)
        total += 1
        flagged += report.looping
        signs.update(report.signs)
        four += any(run.size == 1 for run in runs(text.lower().split()))
        if report.looping and verbose:
            print("   ", report.signs, report.loops, report.compression_ratio, report.unique_share)
    hours = total * WINDOW_SECONDS / 3600
    print(
        f"| {name} | {hours:.0f} h | {total} | {100 * four / total:.1f} % | {flagged} | {100 * flagged / total:.2f} % |",
        dict(signs),
        flush=True,
    )


def main(arguments: Sequence[str]) -> None:
    """Print the table of docs/quality.md."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--read", action="append", default=[], type=Path)
    parser.add_argument("--hours", type=float, default=60)
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args(arguments)
    for path in given.read:
        text = path.read_text(encoding="utf-8", errors="replace")
        rates(path.name, read_windows(text), verbose=given.verbose)
    rates("conversation", conversation_windows(given.hours), verbose=given.verbose)
    made, named, long, judged = missed()
    print(f"loops made {made}, named {named}; of at least 12 words {long}, judged loops {judged}")


if __name__ == "__main__":
    main(sys.argv[1:])
