"""Requests that are simple, or are not, or are wrong."""

from typing import Any

from tests.documents import apollo, id_of

DATASETS = "query Mine($n: Int) { datasets(first: $n) { nodes { id name } } }"
NAME = "query ($id: ID!) { dataset(id: $id) { name } }"
ID = id_of(DATASETS)
ASKED: dict[str, dict[str, Any]] = {
    "known": {"json": {"query": DATASETS, "variables": {"n": 2}}},
    "no variables": {"json": {"query": DATASETS}},
    "a variable that is wrong": {"json": {"query": DATASETS, "variables": {"n": "a"}}},
    "a variable too large": {"json": {"query": DATASETS, "variables": {"n": 101}}},
    "variables too deep": {"json": {"query": DATASETS, "variables": {"n": [[1]] * 9}}},
    "a list of variables": {"json": {"query": DATASETS, "variables": [2]}},
    "another name": {"json": {"query": DATASETS, "operationName": "Yours"}},
    "a name that is none": {"json": {"query": DATASETS, "operationName": 1}},
    "its name": {"json": {"query": DATASETS, "operationName": "Mine"}},
    "extensions": {"json": {"query": DATASETS, "extensions": {"a": 1}}},
    "extensions that are none": {"json": {"query": DATASETS, "extensions": 1}},
    "a document's id": {"json": {"documentId": ID, "variables": {"n": 2}}},
    "a document's id and its text": {"json": {"documentId": ID, "query": DATASETS}},
    "an id and another text": {"json": {"documentId": ID, "query": NAME}},
    "an id of no document": {"json": {"documentId": id_of(NAME)}},
    "an id that is none": {"json": {"documentId": "sha256:1"}},
    "an id that is a number": {"json": {"documentId": 1}},
    "an id as Apollo says it": {"json": apollo(DATASETS)},
    "an id among more": {
        "json": {"extensions": {**apollo(DATASETS)["extensions"], "a": 1}}
    },
    "an id of a stranger's": {
        "json": {"documentId": ID},
        "headers": {"authorization": ""},
    },
    "an id of nothing": {"json": {"query": NAME, "variables": {"id": "dataset_1"}}},
    "an id of another type": {
        "json": {"query": NAME, "variables": {"id": f"user_{'0' * 32}"}}
    },
    "a query that is a list": {"json": {"query": [DATASETS]}},
    "no query": {"json": {"variables": {}}},
    "no object": {"json": [{"query": DATASETS}]},
    "no JSON": {"content": b"{", "headers": {"content-type": "application/json"}},
    "another charset": {
        "content": b'{"query": "{ __typename }"}',
        "headers": {"content-type": "application/json; charset=latin-1"},
    },
    "a form": {"data": {"query": DATASETS}},
    "packed": {
        "json": {"query": DATASETS},
        "headers": {"content-encoding": "gzip"},
    },
    "graphql-response": {
        "json": {"query": DATASETS},
        "headers": {"accept": "application/graphql-response+json"},
    },
    "html": {"json": {"query": DATASETS}, "headers": {"accept": "text/html"}},
    "another's id": {
        "json": {"query": DATASETS},
        "headers": {"x-request-id": "a-request-of-mine"},
    },
    "a forged token": {
        "json": {"query": DATASETS},
        "headers": {"authorization": "Bearer a.b.c"},
    },
    "no token": {"json": {"query": "{ __typename }"}, "headers": {"authorization": ""}},
    "too much": {
        "json": {
            "query": "{ datasets(first: 100) { nodes { anomalies(first: 50) "
            "{ nodes { id } } } } }"
        }
    },
    "a mutation": {
        "json": {"query": "mutation { logout { userErrors { code } } }"},
        "headers": {"authorization": ""},
    },
    "two operations": {"json": {"query": "query A { __typename } query B { a: id }"}},
    "a faulty document": {"json": {"query": "{ nothing }"}},
}
