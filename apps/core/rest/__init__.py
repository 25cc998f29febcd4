"""The parts of the REST door that Django REST framework's settings name.

They are loaded while the framework loads itself, so this file imports nothing.
"""
