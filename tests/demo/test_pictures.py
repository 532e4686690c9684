from collections import Counter

import pytest
from PIL import Image

from app.demo import content, pictures
from app.demo.canvas import colour, mix, smooth
from app.demo.motifs import machines

PICTURED = [one for one in content.offers() if one.picture]


def test_about_two_thirds_of_the_offers_have_a_picture_and_no_need_has() -> None:
    assert 0.6 <= len(PICTURED) / len(content.offers()) <= 0.75
    assert not any(one.picture for one in content.needs())


def test_subjects_are_told_apart() -> None:
    used = Counter(pictures.motif_of(one) for one in PICTURED)
    assert len(used) >= 40
    assert max(used.values()) <= 2
    assert used.keys() == {motif for _signals, motif in pictures.SUBJECTS}  # no drawing without a listing
    # A circuit stands for what is not recognised: of the pictured ones only the one that makes circuits.
    assert [one.external_id for one in PICTURED if pictures.motif_of(one) is machines.circuit] == ["TB-018"]


@pytest.mark.parametrize("listing", PICTURED, ids=lambda one: one.external_id)
def test_a_picture_has_its_size_and_something_on_it(listing: content.DemoListing) -> None:
    image = pictures.draw(listing)
    assert (image.size, image.mode) == ((1200, 675), "RGB")
    middle = image.crop((262, 75, 938, 600)).resize((60, 47), Image.Resampling.BILINEAR)
    assert len(set(middle.get_flattened_data())) > 120


def test_the_same_listing_gives_the_same_picture_and_another_gives_another() -> None:
    first, second = (content.by_external_id()[name] for name in ("CN-017", "SC-015"))
    assert pictures.motif_of(first) is pictures.motif_of(second)
    assert pictures.draw(first).tobytes() == pictures.draw(first).tobytes()
    assert pictures.draw(first).tobytes() != pictures.draw(second).tobytes()


def test_an_unknown_subject_is_drawn_all_the_same() -> None:
    line = {**content.offers()[0].model_dump(exclude={"fields"}), **content.offers()[0].fields}
    odd = content.DemoListing.model_validate({**line, "title": "Thuật toán xếp lịch thi", "keywords": ["lịch thi"]})
    assert pictures.motif_of(odd) is machines.circuit


def test_colours_and_curves() -> None:
    assert colour("#0b6b5d") == (11, 107, 93)
    assert mix((0, 0, 0), (200, 100, 50), 0.5) == (100, 50, 25)
    assert smooth([(0, 0), (10, 0)]) == [(0, 0), (10, 0)]
    curved = smooth([(0, 0), (10, 5), (20, 0)])
    assert (curved[0], curved[-1]) == ((0, 0), (20, 0))
    assert (10, 5) in curved
