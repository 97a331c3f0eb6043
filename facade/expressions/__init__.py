"""Expressions: JMESPath, CEL and templates of people who are not trusted, checked and bounded."""
