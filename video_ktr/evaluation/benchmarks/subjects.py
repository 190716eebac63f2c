"""The 30 subjects and 6 disciplines that MMMU and VideoMMMU share."""

from video_ktr.evaluation.benchmarks.question import UNKNOWN

DISCIPLINES = {
    "Art": ("Art", "Art_Theory", "Design", "Music"),
    "Business": ("Accounting", "Economics", "Finance", "Manage", "Marketing"),
    "Science": ("Biology", "Chemistry", "Geography", "Math", "Physics"),
    "Medicine": (
        "Basic_Medical_Science",
        "Clinical_Medicine",
        "Diagnostics_and_Laboratory_Medicine",
        "Pharmacy",
        "Public_Health",
    ),
    "Humanities": ("History", "Literature", "Sociology", "Psychology"),
    "Engineering": (
        "Agriculture",
        "Architecture_and_Engineering",
        "Computer_Science",
        "Electronics",
        "Energy_and_Power",
        "Materials",
        "Mechanical_Engineering",
    ),
}
_DISCIPLINE = {subject: discipline for discipline, subjects in DISCIPLINES.items() for subject in subjects}


def subject_groups(name: str) -> dict[str, str]:
    """Discipline and subject of an id such as "validation_Basic_Medical_Science_10": between its first and last "_"."""
    subject = name.partition("_")[2].rpartition("_")[0]
    return {"discipline": _DISCIPLINE.get(subject, UNKNOWN), "subject": subject or UNKNOWN}
