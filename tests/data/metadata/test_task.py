"""Labels are read as they are written; a faulty line is reported and its value stays unknown."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vschaos.data.metadata.task import Problem, Segment, Task, find_tasks, read_task
from vschaos.data.metadata.values import MAX_CLASSES
from vschaos.demo.sounds import Note, write_dataset

SINGLE, MULTI = "read_single_metadata", "read_multi_metadata"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the sounds a, b, c and d (names only) and the files of the task `t`."""

    def make(metadata: str | bytes, classes: str | bytes | None = None, **tracks: str) -> Path:
        for name in "abcd":
            _write(tmp_path / "data" / f"{name}.wav", b"")
        folder = tmp_path / "metadata" / "t"
        _write(folder / "metadata.txt", metadata)
        if classes is not None:
            _write(folder / "classes.txt", classes)
        for name, content in tracks.items():
            _write(folder / "tracks" / f"{name}.txt", content)
        return tmp_path

    return make


def _write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def _values(task: Task) -> dict[str, list[float]]:
    """Values by the one letter of their file."""
    return {name[5]: [segment.value for segment in task.segments[name]] for name in task.segments}


def _problems(task: Task) -> list[str]:
    return [str(problem) for problem in task.problems]


def test_one_value_for_a_file_is_known_all_the_time(write: Write) -> None:
    task = read_task(write("data/a.wav\t3\ndata/b.wav\t0\ndata/c.wav\tnone\n"), "t")
    assert task.name == "t"
    assert task.segments == {
        "data/a.wav": [Segment(0.0, math.inf, 3.0)],
        "data/b.wav": [Segment(0.0, math.inf, 0.0)],
        "data/c.wav": [],
    }
    assert task.vocabulary.classes == ("0", "1", "2", "3")
    assert task.problems == []


@pytest.mark.parametrize("path", ["tracks/a.txt", "a.txt", "tracks\\a.txt", "./tracks/../a.txt"])
def test_a_track_is_sorted_and_unknown_in_its_gaps(write: Write, path: str) -> None:
    track = "2, 3\t1\n0,0.5\t0\n\n 0.5 , 1.25 \tnone\n1.5e0,.2e1\t7\n"
    task = read_task(write(f"data/a.wav\t{path}\n", a=track), "t")
    assert task.problems == []
    assert task.segments == {"data/a.wav": [(0.0, 0.5, 0.0), (1.5, 2.0, 7.0), (2.0, 3.0, 1.0)]}


def test_a_track_beside_metadata_wins_over_one_in_tracks(write: Write) -> None:
    root = write("data/a.wav\ta.txt\n", a="0,1\t5\n")
    assert _values(read_task(root, "t")) == {"a": [5.0]}
    _write(root / "metadata" / "t" / "a.txt", "0,1\t6\n")
    assert _values(read_task(root, "t")) == {"a": [6.0]}


def test_a_track_may_serve_two_files_and_is_reported_of_once(write: Write) -> None:
    task = read_task(write("data/a.wav\ta.txt\ndata/b.wav\ta.txt\n", a="0,1\t5\nx\n"), "t")
    assert _values(task) == {"a": [5.0], "b": [5.0]}
    assert len(task.problems) == 1


def test_segments_that_touch_up_to_rounding_do_not_overlap(write: Write) -> None:
    track = f"0,{0.1 + 0.2!r}\t0\n0.3,1\t1\n1,2\t2\n"
    task = read_task(write("data/a.wav\ta.txt\n", a=track), "t")
    assert task.problems == []
    assert task.segments["data/a.wav"] == [(0.0, 0.3, 0.0), (0.3, 1.0, 1.0), (1.0, 2.0, 2.0)]


def test_segments_that_are_written_are_read(write: Write) -> None:
    random = np.random.default_rng(0)
    for _ in range(30):
        times = np.sort(random.uniform(0, 100, 2 * random.integers(1, 20)))
        expected = [
            Segment(float(onset), float(offset), float(random.integers(9)))
            for onset, offset in times.reshape(-1, 2)
        ]
        lines = [f"{one!r},{other!r}\t{value:.0f}\n" for one, other, value in expected]
        random.shuffle(lines)
        task = read_task(write("data/a.wav\ta.txt\n", a="".join(lines)), "t")
        assert task.problems == []
        assert task.segments["data/a.wav"] == expected


def test_overlapping_segments_are_those_of_a_pairwise_comparison(write: Write) -> None:
    random = np.random.default_rng(0)
    for _ in range(30):
        onsets = random.uniform(0, 10, 8).round(3)
        spans = [(one, one + random.uniform(0.01, 2)) for one in onsets]
        lines = [f"{one},{other}\t{value}\n" for value, (one, other) in enumerate(spans)]
        alone = [
            value
            for value, (one, other) in enumerate(spans)
            if all(
                other <= start or one >= end
                for index, (start, end) in enumerate(spans)
                if index != value
            )
        ]
        root = write("data/a.wav\ta.txt\ndata/b.wav\t9\n", a="".join(lines))
        assert sorted(_values(read_task(root, "t"))["a"]) == alone


def test_class_names_and_numbers_mean_the_same(write: Write) -> None:
    classes = "2\tpiano\n0\t high hat \n5\tnone of these\n"
    lines = "data/a.wav\tpiano\ndata/b.wav\t high hat \ndata/c.wav\t2\ndata/d.wav\ta.txt\n"
    task = read_task(write(lines, classes, a="0,1\tnone of these\n"), "t", kind="int")
    assert task.problems == []
    assert _values(task) == {"a": [2.0], "b": [0.0], "c": [2.0], "d": [5.0]}
    assert task.vocabulary.classes == ("high hat", "1", "piano", "3", "4", "none of these")
    assert all(task.vocabulary.value(name) == float(number) for number, name in ((2, "piano"),))


def test_floats_have_a_range_a_mean_and_a_deviation(write: Write) -> None:
    lines = "data/a.wav\t-1.5\ndata/b.wav\t4\ndata/c.wav\t.5e1\ndata/d.wav\tnone\n"
    task = read_task(write(lines), "t", kind="float")
    assert task.problems == []
    assert _values(task) == {"a": [-1.5], "b": [4.0], "c": [5.0], "d": []}
    vocabulary = task.vocabulary
    assert not vocabulary.is_class
    assert (vocabulary.low, vocabulary.high, vocabulary.mean) == (-1.5, 5.0, 2.5)
    assert vocabulary.deviation == pytest.approx(np.std([-1.5, 4.0, 5.0]))


def test_floats_weigh_as_long_as_they_last(write: Write) -> None:
    root = write("data/a.wav\ta.txt\n", a="0,3\t1\n3,4\t5\n")
    vocabulary = read_task(root, "t", kind="float").vocabulary
    assert vocabulary.mean == pytest.approx(2.0)
    assert vocabulary.deviation == pytest.approx(3**0.5)
    root = write("data/a.wav\ta.txt\ndata/b.wav\t6\n", a="0,3\t1\n3,4\t5\n")
    assert read_task(root, "t", kind="float").vocabulary.mean == pytest.approx(4.0)


def test_a_rare_number_does_not_stand_a_thousand_deviations_off(write: Write) -> None:
    root = write("data/a.wav\ta.txt\n", a="0,1e9\t1\n1e9,1000000001\t2\n")
    vocabulary = read_task(root, "t", kind="float").vocabulary
    assert vocabulary.high - vocabulary.mean <= 1000 * vocabulary.deviation


@pytest.mark.parametrize("value", ["440", "-3", "0", "1e-9", "1e38"])
def test_a_single_number_has_a_range_around_it(write: Write, value: str) -> None:
    lines = f"data/a.wav\t{value}\ndata/b.wav\t{value}\n"
    vocabulary = read_task(write(lines), "t", kind="float").vocabulary
    assert vocabulary.mean == pytest.approx(float(value))
    assert vocabulary.low < float(value) < vocabulary.high
    assert 0 < vocabulary.deviation < vocabulary.high - vocabulary.low
    assert math.isfinite(vocabulary.high)


def test_windows_files_are_read(write: Write) -> None:
    task = read_task(
        write(
            b"\xef\xbb\xbfdata\\a.wav\ttracks\\a.txt\r\n\r\n.\\data\\b.wav\tbell\r\n",
            b"\xef\xbb\xbf0\tpluck\r\n1\tbell",
            a="\ufeff0,1\tbell\r\n1,2\tpluck\r\n",
        ),
        "t",
    )
    assert task.problems == []
    assert _values(task) == {"a": [1.0, 0.0], "b": [1.0]}


@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
@pytest.mark.parametrize("written", ["NFC", "NFD"])
def test_accents_and_spaces_match_in_any_normal_form(
    write: Write, on_disk: str, written: str
) -> None:
    name, label = "data/déjà vu/été - 夏.wav", "café noir"

    def form(text: str, which: str) -> str:
        return unicodedata.normalize(which, text)

    line = form(f"{name}\tété.txt\ndata/b.wav\t{label}\n", written)
    root = write(line, f"0\t{form(label, on_disk)}\n")
    _write(root / form(name, on_disk), b"")
    _write(root / "metadata/t/tracks" / form("été.txt", on_disk), form(f"0,1\t{label}\n", written))
    task = read_task(root, "t")
    assert task.problems == []
    assert task.segments[form(name, on_disk)] == [(0.0, 1.0, 0.0)]  # as the sound store calls it
    assert task.segments["data/b.wav"] == [(0.0, math.inf, 0.0)]
    assert task.vocabulary.classes == (form(label, "NFC"),)


def test_files_that_differ_in_their_normal_form_only_are_kept_apart(write: Write) -> None:
    names = [unicodedata.normalize(form, "data/é.wav") for form in ("NFC", "NFD")]
    root = write(f"{names[0]}\t0\n{names[1]}\t1\n")
    for name in names:
        _write(root / name, b"")
    if len(list((root / "data").glob("*.wav"))) < 6:
        pytest.skip("this file system keeps one normal form only")
    segments = read_task(root, "t").segments
    assert [segments[name][0].value for name in names] == [0.0, 1.0]


def test_without_a_data_folder_paths_are_as_from_the_root(write: Write, tmp_path: Path) -> None:
    _write(tmp_path / "flat" / "deep" / "a b.wav", b"")
    _write(tmp_path / "flat" / "metadata" / "t" / "metadata.txt", "deep/a b.wav\t1\n")
    assert list(read_task(tmp_path / "flat", "t").segments) == ["deep/a b.wav"]


# what follows a good line for data/d.wav, its message, and how the whole task is read
FAULTY_LINES = [
    ("data/x.wav\t1", "the path of a sound.*got 'data/x.wav'"),
    ("a.wav\t1", "got 'a.wav', perhaps for data/a.wav"),
    ("Data/A.wav\t1", "got 'Data/A.wav', perhaps for data/a.wav"),
    ("data\t1", "got 'data'"),
    ("../data/a.wav\t1", "got '../data/a.wav'"),
    ("data/../data/a.wav\t1", "got"),
    ("/etc/passwd\t1", "got '/etc/passwd'"),
    ("metadata/t/metadata.txt\t1", "got"),
    ("data/\0a.wav\t1", "got"),
    ("data/a.wav 1", "path of a sound TAB value, got 'data/a.wav 1' without a TAB"),
    ("data/a.wav\t", "path of a sound TAB value"),
    ("\t1", "path of a sound TAB value"),
    ("data/a.wav\t-1", "0 to 9999, got '-1'; write none where it is unknown"),
    ("data/a.wav\t10000", "0 to 9999, got '10000'"),
    ("data/a.wav\t1000000000000", "0 to 9999, got '1000000000000'"),
    (f"data/a.wav\t{'9' * 9999}", r"0 to 9999, got '9+\.\.\.'"),
    ("data/a.wav\t1\t2", r"a class number or none, got '1\\t2'"),
    ("data/a.wav\t1_0", "a class number or none, got '1_0'"),
    ("data/a.wav\tpiano", r"got 'piano' \(class names need a classes.txt\)"),
    ("data/a.wav\t3.5", r"got '3.5' \(.*data\.dataset\.metadata_callbacks\.t\.type=float\)"),
    ("data/a.wav\tnan", "got 'nan'"),
    ("data/a.wav\ttracks/x.txt", "no track 'tracks/x.txt' in metadata/t or metadata/t/tracks"),
    ("data/a.wav\tx.txt", "there is no track 'x.txt'"),
    (f"data/a.wav\t{'x' * 9999}.txt", "there is no track 'xxx"),
    ("data/a.wav\t\0.txt", "there is no track"),
    ("data/a.wav\ttracks/", "there is no track 'tracks/'"),
    ("data/a.wav\t../../../outside.txt", "a track in the dataset's folder"),
    ("data/a.wav\t..\\..\\..\\outside.txt", "a track in the dataset's folder"),
    ("data/a.wav\ttracks/../../../../outside.txt", "a track in the dataset's folder"),
    ("data/a.wav\t/etc/passwd", "a track in the dataset's folder"),
    ("data/a.wav\tC:\\secret\\a.txt", "a track in the dataset's folder"),
    (b"data/\xe9.wav\t1", "UTF-8 text, got byte 0xe9"),
    (b"data/a.wav\t\xff\xfe", "UTF-8 text, got byte 0xff"),
]


@pytest.mark.parametrize(("line", "message"), FAULTY_LINES)
def test_a_faulty_line_is_reported_and_the_others_count(
    write: Write, line: str | bytes, message: str
) -> None:
    _write(write("").parent / "outside.txt", "0,1\t1\n")
    faulty = line.encode() if isinstance(line, str) else line
    task = read_task(write(b"data/d.wav\t0\n\n" + faulty + b"\ndata/c.wav\t2\n"), "t")
    assert _values(task) == {"d": [0.0], "c": [2.0]}
    (reported,) = _problems(task)
    assert re.search(message, reported)
    assert reported.startswith("metadata/t/metadata.txt:3: ")
    assert len(reported) < 300
    assert "\n" not in reported


@pytest.mark.parametrize("second", ["1", "2", "none", "junk"])
def test_a_file_with_two_lines_is_unknown(write: Write, second: str) -> None:
    lines = f"data/a.wav\t1\ndata/b.wav\t0\ndata\\a.wav\t{second}\n"
    task = read_task(write(lines), "t")
    assert _values(task) == {"b": [0.0]}
    assert _problems(task) == [
        "metadata/t/metadata.txt:3: line 1 is for data/a.wav already; neither counts"
    ]


FAULTY_SEGMENTS = [
    ("1,2 5", "onset,offset TAB value.* without a TAB"),
    ("1 2\t5", "onset,offset in seconds.*got '1 2'"),
    ("1\t5", "got '1'"),
    ("1,2,3\t5", "got '1,2,3'"),
    ("-1,2\t5", "at least 0.*got '-1,2'"),
    ("nan,2\t5", "got 'nan,2'"),
    ("1,nan\t5", "got '1,nan'"),
    ("1,inf\t5", "got '1,inf'"),
    ("1,1e999\t5", "got '1,1e999'"),
    ("2,1\t5", "an offset after the onset, got '2,1'"),
    ("1,1\t5", "an offset after the onset"),
    ("1,2\tloud", "a class number or none, got 'loud'"),
    ("1,2\ta.txt", "a class number or none, got 'a.txt'"),
    ("1,2\t-3", "0 to 9999"),
]


@pytest.mark.parametrize(("line", "message"), FAULTY_SEGMENTS)
def test_a_faulty_segment_is_reported_and_the_others_count(
    write: Write, line: str, message: str
) -> None:
    task = read_task(write("data/a.wav\ta.txt\n", a=f"0,1\t3\n{line}\n2,3\t4\n"), "t")
    assert _values(task) == {"a": [3.0, 4.0]}
    (reported,) = _problems(task)
    assert re.search(message, reported)
    assert reported.startswith("metadata/t/tracks/a.txt:2: ")


def test_of_overlapping_segments_none_counts(write: Write) -> None:
    task = read_task(write("data/a.wav\ta.txt\n", a="2,4\t0\n8,9\t1\n0,2\t2\n3,5\tnone\n"), "t")
    assert task.segments == {"data/a.wav": [(0.0, 2.0, 2.0), (8.0, 9.0, 1.0)]}
    assert _problems(task) == [
        "metadata/t/tracks/a.txt:4: this segment overlaps the one of line 1; neither counts"
    ]


def test_problems_of_a_track_are_reported_in_its_order(write: Write) -> None:
    task = read_task(write("data/a.wav\ta.txt\ndata/b.wav\t0\n", a="0,2\t1\n1,3\t1\njunk\n"), "t")
    assert [problem.line for problem in task.problems] == [2, 3]


def test_an_empty_track_is_unknown(write: Write) -> None:
    task = read_task(write("data/a.wav\ta.txt\ndata/b.wav\t0\n", a=""), "t")
    assert (_values(task), task.problems) == ({"a": [], "b": [0.0]}, [])


def test_junk_in_a_track_is_reported_and_the_others_count(write: Write) -> None:
    root = write("data/a.wav\ta.txt\ndata/b.wav\t0\n")
    junk = np.random.default_rng(0).bytes(20_000)
    _write(root / "metadata/t/tracks/a.txt", junk)
    task = read_task(root, "t")
    assert _values(task) == {"a": [], "b": [0.0]}
    assert len(task.problems) > 50
    assert {problem.file for problem in task.problems} == {"metadata/t/tracks/a.txt"}
    lines = [problem.line for problem in task.problems]
    assert lines == sorted(lines)


def test_utf_16_is_reported_in_one_sentence(write: Write) -> None:
    root = write("data/a.wav\ta.txt\ndata/b.wav\t0\n")
    _write(root / "metadata/t/tracks/a.txt", "0,1\t1\n1,2\t3\n".encode("utf-16"))
    (reported,) = _problems(read_task(root, "t"))
    assert reported.startswith("metadata/t/tracks/a.txt:1: expected UTF-8 text, got UTF-16")


FAULTY_CLASSES = [
    ("1 b", "class number TAB name, got '1 b' without a TAB"),
    ("b\t1", "a class number from 0 to 9999, got 'b'"),
    ("-1\tb", "got '-1'"),
    ("1.0\tb", "got '1.0'"),
    ("1000000000000\tb", "got '1000000000000'"),
    ("1\tNone", "a class cannot be called None"),
    (b"1\t\xe9", "UTF-8"),
    ("0\tb", "line 1 has the class number 0 already"),
    ("1\ta", "line 1 has the name a already"),
]


@pytest.mark.parametrize(("line", "message"), FAULTY_CLASSES)
def test_a_faulty_class_is_reported(write: Write, line: str | bytes, message: str) -> None:
    faulty = line.encode() if isinstance(line, str) else line
    root = write("data/a.wav\tc\ndata/b.wav\t2\n", b"0\ta\n" + faulty + b"\n2\tc\n")
    task = read_task(root, "t")
    assert _values(task) == {"a": [2.0], "b": [2.0]}
    assert len(task.vocabulary.classes) == 3
    (reported,) = _problems(task)
    assert reported.startswith("metadata/t/classes.txt:2: ")
    assert message in reported


def test_contradicting_classes_are_called_by_their_numbers(write: Write) -> None:
    lines = "data/a.wav\ta\ndata/b.wav\t0\ndata/c.wav\tc\n"
    for classes, names in (("0\ta\n1\ta\n2\tc\n", ("0", "1", "c")), ("0\ta\n0\tb\n2\tc\n", "01c")):
        task = read_task(write(lines, classes), "t")
        assert task.vocabulary.classes == tuple(names)
        assert _values(task) == {"b": [0.0], "c": [2.0]}  # which one `a` is nobody knows
        assert [problem.line for problem in task.problems] == [2, 1]


def test_a_class_that_is_not_listed_is_reported(write: Write) -> None:
    task = read_task(write("data/a.wav\t1\ndata/b.wav\tpiano\ndata/c.wav\t0\n", "0\tbell\n"), "t")
    assert _problems(task) == [
        "metadata/t/metadata.txt:1: expected a class number from classes.txt, got 1",
        "metadata/t/metadata.txt:2: expected a class number, a class name from classes.txt or "
        "none, got 'piano'",
    ]
    assert task.vocabulary.classes == ("bell",)


def test_a_class_called_by_another_number_is_a_warning(write: Write) -> None:
    root = write("data/a.wav\t2\ndata/b.wav\t0\n", "0\t2\n1\t01\n2\t7\n")
    task = read_task(root, "t")
    assert _values(task) == {"a": [2.0], "b": [0.0]}  # numbers are class numbers
    assert [(problem.line, problem.is_warning) for problem in task.problems] == [
        (1, True),
        (3, True),
    ]
    assert "class 0 is called 2" in task.problems[0].message
    assert task.vocabulary.value("2") == 2.0  # and so they are later


def test_classes_are_not_guessed_from_an_empty_list(write: Write) -> None:
    with pytest.raises(ValueError, match=r"no value that can be used: metadata/t/classes\.txt:1: "):
        read_task(write("data/a.wav\t1\n", "\n"), "t")


def test_the_highest_class_is_within_reach(write: Write) -> None:
    task = read_task(write(f"data/a.wav\t{MAX_CLASSES - 1}\n"), "t")
    assert len(task.vocabulary.classes) == MAX_CLASSES


def test_one_value_is_reported_where_tracks_are_declared(write: Write) -> None:
    lines = "data/a.wav\t1\ndata/b.wav\ta.txt\ndata/c.wav\tnone\n"
    task = read_task(write(lines, a="0,1\t2\n"), "t", form=MULTI)
    assert _values(task) == {"b": [2.0], "c": []}
    (reported,) = _problems(task)
    assert "metadata.txt:1: expected a track or none" in reported
    assert "data.dataset.metadata_callbacks.t.name=read_multi_metadata" in reported


def test_a_track_is_reported_where_one_value_is_declared(write: Write) -> None:
    lines = "data/a.wav\t1\ndata/b.wav\ta.txt\ndata/c.wav\tnone\n"
    task = read_task(write(lines, a="0,1\t2\n"), "t", form=SINGLE)
    assert _values(task) == {"a": [1.0], "c": []}
    (reported,) = _problems(task)
    assert "metadata.txt:2: expected one value for the whole file" in reported
    assert "data.dataset.metadata_callbacks.t.name=read_single_metadata" in reported


@pytest.mark.parametrize("value", ["nan", "inf", "1e39", "1,5", "loud", "1_0", "1e"])
def test_what_is_no_number_is_reported(write: Write, value: str) -> None:
    task = read_task(write(f"data/a.wav\t1.5\ndata/b.wav\t{value}\n"), "t", kind="float")
    assert _values(task) == {"a": [1.5]}
    assert _problems(task) == [
        f"metadata/t/metadata.txt:2: expected a finite number or none, got '{value}'"
    ]


def test_numbers_have_no_classes(write: Write) -> None:
    task = read_task(write("data/a.wav\t1.5\n", "0\ta\n"), "t", kind="float")
    assert _values(task) == {"a": [1.5]}
    assert _problems(task)[0].startswith("metadata/t/classes.txt:1: no classes.txt")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("", "no line of it gives one"),
        ("data/a.wav\tnone\n", "no line of it gives one"),
        ("data/a.wav\tnone\njunk\n", r"metadata/t/metadata\.txt:2: "),
        (b"\x00\xff\xfe\x89PNG\r\n\x1a\n" * 50, r"metadata/t/metadata\.txt:1: expected UTF-8"),
        ("data/a.wav\t1\n".encode("utf-16"), r"metadata/t/metadata\.txt:1: .*UTF-16"),
    ],
)
def test_a_task_without_any_value_is_refused(
    write: Write, lines: str | bytes, message: str
) -> None:
    with pytest.raises(ValueError, match=f"^metadata/t has no value that can be used: {message}"):
        read_task(write(lines), "t")


def test_tasks_are_found_in_their_order(write: Write) -> None:
    root = write("data/a.wav\t1\n")
    assert find_tasks(root / "nowhere") == []
    for name in ("pitch", "a task", ".hidden"):
        _write(root / "metadata" / name / "metadata.txt", "")
    _write(root / "metadata" / "half" / "classes.txt", "0\ta\n")
    _write(root / "metadata" / "notes.txt", "")
    assert find_tasks(root) == ["a task", "pitch", "t"]


def test_a_task_that_is_not_there_is_reported_with_those_that_are(write: Write) -> None:
    root = write("data/a.wav\t1\n")
    with pytest.raises(FileNotFoundError, match=r"pitch.metadata\.txt.*there are labels for: t$"):
        read_task(root, "pitch")


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "a\\b", "../t", "a\0b"])
def test_a_task_is_a_folder_in_metadata(write: Write, name: str) -> None:
    with pytest.raises(ValueError, match=r"must be that of a folder in metadata/"):
        read_task(write("data/a.wav\t1\n"), name)


def test_unknown_forms_and_kinds_are_refused(write: Write) -> None:
    root = write("data/a.wav\t1\n")
    key = r"data\.dataset\.metadata_callbacks\.t"
    with pytest.raises(ValueError, match=rf"{key}\.type must be int or float, got 'string'"):
        read_task(root, "t", kind="string")
    with pytest.raises(ValueError, match=rf"{key}\.name must be {SINGLE} or {MULTI}, got 'read'"):
        read_task(root, "t", form="read")


def test_a_problem_names_its_file_and_line() -> None:
    assert (
        str(Problem("metadata/t/metadata.txt", 3, "reported"))
        == "metadata/t/metadata.txt:3: reported"
    )


def test_the_labels_of_the_demo_are_read_without_a_problem(tmp_path: Path) -> None:
    notes = [Note("bell", 0, 2, "soft"), Note("reed", 11, 5, "loud")]
    write_dataset(tmp_path, 8000, notes)
    tasks = {name: read_task(tmp_path, name) for name in find_tasks(tmp_path)}
    assert list(tasks) == ["dynamics", "octave", "pitch", "timbre"]
    assert not any(task.problems for task in tasks.values())
    for name, task in tasks.items():
        for note in notes:
            (segment,) = task.segments[f"data/{note.timbre}/{note.name}.wav"]
            assert segment.value == task.vocabulary.value(getattr(note, name))
