"""The same answers from SQL that a person wrote, by uvicorn and Starlette alone."""
